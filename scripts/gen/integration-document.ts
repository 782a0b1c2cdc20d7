import type { AnyProvider, ErrorSpec, OperationSpec, RateLimitSpec } from '@puente/integrations';
import { block } from './generated-blocks';

/** File name of a provider's document inside `docs/02-integraciones`. */
export function documentName(provider: AnyProvider): string {
  return `${provider.meta.code}-${provider.meta.id}.md`;
}

/** What the code knows of a provider, as the blocks of its Spanish document (SYSTEMS S4.1). */
export function documentBlocks(provider: AnyProvider): Readonly<Record<string, string>> {
  return {
    metadata: metadata(provider),
    credenciales: credentials(provider),
    endpoints: endpoints(provider),
    limites: limits(provider.limits as readonly RateLimitSpec[]),
    errores: errors(provider.errors as readonly ErrorSpec[]),
    fallbacks: bullets(provider.fallbacks as readonly string[]),
    'multi-tenant': tenancy(provider),
    webhooks: table(['Evento', 'Endpoint', 'Descripcion'], [['No aplica', '-', 'El proveedor no llama a Puente.']]),
    monitoreo: monitoring(provider),
    referencias: references(provider),
  };
}

/** A new document: the fixed headings in their order, the generated blocks, and a place for prose where code has none. */
export function newDocument(provider: AnyProvider): string {
  const { code, title, reviewedOn } = provider.meta as { code: string; title: string; reviewedOn: string };
  const generated = documentBlocks(provider);
  const part = (name: string): string => block(name, generated[name] ?? '');
  return `# ${code}: ${title}

## Metadata

${part('metadata')}

## Descripcion

Escribir aqui que hace la integracion, para quien, y que no hace.

## Credenciales Requeridas

${part('credenciales')}

## Endpoints/SDK Utilizados

${part('endpoints')}

## Rate Limits

${part('limites')}

## Manejo de Errores

${part('errores')}

## Fallbacks

${part('fallbacks')}

## Multi-tenant

${part('multi-tenant')}

## Webhooks (si aplica)

${part('webhooks')}

## Testing

### Sandbox/Test Mode

Escribir aqui como se prueba sin tocar produccion.

### Comandos de Test

\`\`\`sh
npx jest libs/providers/src/${String(provider.meta.id)}
\`\`\`

## Monitoreo

${part('monitoreo')}

## Referencias

${part('referencias')}

**Ultima actualizacion:** ${reviewedOn}
`;
}

function metadata({ meta, credentials }: AnyProvider): string {
  return table(
    ['Campo', 'Valor'],
    [
      ['Codigo', meta.code],
      ['Proveedor', meta.vendor],
      ['Tipo', meta.category],
      ['Estado', 'Implementado'],
      ['Multi-tenant', credentials.model === 'global' ? 'No' : 'Si'],
      ['Fecha integracion', meta.integratedOn],
    ],
  );
}

function credentials(provider: AnyProvider): string {
  const rows = Object.values(provider.credentials.env).map(({ variable, descripcion, required }) => [
    `\`${variable}\``,
    descripcion,
    required ? 'Si' : 'No',
  ]);
  const days = String(provider.credentials.rotateEveryDays);
  return `${table(['Variable de Entorno', 'Descripcion', 'Obligatorio'], rows)}

Se rotan cada ${days} dias. Puente avisa 14 dias antes del vencimiento.`;
}

function endpoints(provider: AnyProvider): string {
  const operations = Object.entries(provider.operations as Record<string, OperationSpec<unknown>>);
  return `${table(
    ['Operacion', 'Endpoint/Metodo', 'Descripcion'],
    operations.map(([name, spec]) => [`\`${name}\``, `\`${spec.endpoint}\``, `${spec.descripcion} ${effect(spec)}`]),
  )}

${bullets(operations.map(([name, spec]) => `Documentacion oficial de \`${name}\`: <${spec.documentation}>`))}`;
}

function effect({ effect: declared, idempotentForMs }: OperationSpec<unknown>): string {
  if (typeof declared === 'function') return 'El efecto depende de la entrada (ver Manejo de Errores).';
  switch (declared) {
    case 'read':
      return 'Solo lectura.';
    case 'idempotent':
      return idempotentForMs === undefined
        ? 'Idempotente.'
        : `Idempotente durante ${String(idempotentForMs / 60_000)} minutos.`;
    case 'reconcilable':
      return 'Si se pierde la respuesta, se consulta al proveedor.';
    case 'once':
      return 'No se repite en silencio: si se pierde la respuesta decide `onUnknown`.';
  }
}

function limits(specs: readonly RateLimitSpec[]): string {
  return table(
    ['Limite', 'Valor', 'Accion si excede'],
    specs.map(({ limite, quota, windowMs, per, accion }) => [
      limite,
      `${quota.toLocaleString('es-CL')} por ${period(windowMs)} (${per === 'credential' ? 'por cuenta' : 'global'})`,
      accion,
    ]),
  );
}

function period(windowMs: number): string {
  const known: Readonly<Record<number, string>> = { 1_000: 'segundo', 60_000: 'minuto', 3_600_000: 'hora', 86_400_000: 'dia' };
  return known[windowMs] ?? `${String(windowMs / 1_000)} segundos`;
}

function errors(specs: readonly ErrorSpec[]): string {
  return table(
    ['Codigo', 'Descripcion', 'Accion'],
    specs.map(({ code, descripcion, accion }) => [code, descripcion, accion]),
  );
}

const MODELS: Readonly<Record<string, string>> = {
  global: 'Modelo global: todas las llamadas usan las credenciales de la plataforma.',
  tenant: 'Modelo por tenant: cada llamada usa las credenciales cifradas de su tenant. Nunca se usan las de la plataforma en su lugar.',
  hybrid: 'Modelo hibrido: credenciales de la plataforma que el tenant puede reemplazar campo por campo.',
};

function tenancy({ credentials: { model, globalFields, rebindOn } }: AnyProvider): string {
  const lines = [MODELS[model] ?? ''];
  if (model === 'hybrid') lines.push(`Campos que pueden venir de la plataforma: ${code(globalFields ?? [])}.`);
  if (rebindOn.length > 0) lines.push(`Cambiar ${code(rebindOn)} exige ingresar de nuevo los secretos.`);
  return lines.join(' ');
}

function monitoring({ meta, monitoring: own }: AnyProvider): string {
  const { latencyMs = 2_000, errorPercent = 5, limitUsedPercent = 80 } = own ?? {};
  const calls = `{provider="${String(meta.id)}"}`;
  return table(
    ['Metrica', 'Descripcion', 'Alerta'],
    [
      [`Latencia: \`puente_provider_call_duration_seconds${calls}\``, 'Duracion de cada llamada, percentil 95 en 5 minutos', `>${String(latencyMs / 1_000)}s`],
      [`Errores: \`puente_provider_calls_total${calls}\``, 'Llamadas por resultado, en 5 minutos y con al menos 20 llamadas', `>${String(errorPercent)}%`],
      ['Rate limit', 'Parte usada de la cuota del proveedor', `>${String(limitUsedPercent)}%`],
    ],
  );
}

function references({ meta }: AnyProvider): string {
  const official = (meta.references as readonly { title: string; url: string }[]).map(({ title, url }) => `Documentacion oficial: [${title}](${url})`);
  return bullets([
    ...official,
    `Modulo del back end: [libs/providers/src/${String(meta.id)}](../../libs/providers/src/${String(meta.id)})`,
    'Variables: [.env.example](../../.env.example)',
  ]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

function code(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
