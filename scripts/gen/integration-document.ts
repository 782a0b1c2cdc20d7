import type { AnyProvider, CredentialSpec, OperationSpec, RateLimitSpec } from '@puente/integrations';
import { policyNamed } from '@puente/resilience';
import type { z } from 'zod';
import { block } from './generated-blocks';

/** Where a provider's document is, from the root of the project. */
export function documentPath({ meta }: AnyProvider): string {
  return `docs/02-integraciones/${meta.code as string}-${meta.id}.md`;
}

/** What the code knows of a provider, as the blocks of its Spanish document (SYSTEMS S4.1). */
export function documentBlocks(provider: AnyProvider): Readonly<Record<string, string>> {
  return {
    metadata: metadata(provider),
    credenciales: credentials(provider),
    endpoints: endpoints(provider),
    limites: limits(provider.limits),
    errores: errors(provider),
    fallbacks: bullets(provider.fallbacks),
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

Escribir aquí qué hace la integración, para quién, y qué no hace.

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

Escribir aquí cómo se prueba sin tocar producción.

### Comandos de Test

\`\`\`sh
npx jest libs/providers/src/${provider.meta.id}
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
  const spec = provider.credentials as CredentialSpec<z.ZodObject, z.ZodObject>;
  const rows = Object.values(spec.env).map(({ variable, descripcion, required }) => [
    `\`${variable}\``,
    descripcion,
    required ? 'Si' : 'No',
  ]);
  const days = String(spec.rotateEveryDays);
  return `${table(['Variable de Entorno', 'Descripcion', 'Obligatorio'], rows)}

Cada tenant registra sus credenciales con \`PUT /v1/integrations/${provider.meta.id}\`:
secretos ${code(Object.keys(spec.secrets.shape))}; configuración ${code(Object.keys(spec.config.shape))}.
Las variables de entorno son las de la plataforma${spec.model === 'tenant' ? ', para sus propias colas y para asumir roles; nunca reemplazan a las del tenant' : ''}.
Se rotan cada ${days} días; el worker lo avisa en su log y en sus métricas desde 14 días antes.`;
}

function endpoints(provider: AnyProvider): string {
  const operations = Object.entries(provider.operations as Record<string, OperationSpec<unknown>>);
  return `${table(
    ['Operacion', 'Endpoint/Metodo', 'Descripcion'],
    operations.map(([name, spec]) => [`\`${name}\``, `\`${spec.endpoint}\``, `${spec.descripcion}. ${effect(spec)}`]),
  )}

${bullets(operations.map(([name, spec]) => `Documentación oficial de \`${name}\`: <${spec.documentation}>`))}`;
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
  const rows = specs.map(({ limite, quota, windowMs, per, accion }) => [
    limite,
    `${quota.toLocaleString('es-CL')} por ${period(windowMs)} (${per === 'credential' ? 'por cuenta' : 'global'})`,
    accion,
  ]);
  const windows = new Set(specs.map(({ windowMs }) => windowMs));
  if (!windows.has(MINUTE_MS)) rows.push(['Por minuto', 'El proveedor no publica uno', 'Retry con backoff']);
  if (!windows.has(DAY_MS)) rows.push(['Por día', 'El proveedor no publica uno', 'Cola de espera']);
  return table(['Limite', 'Valor', 'Accion si excede'], rows);
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

function period(windowMs: number): string {
  const known: Readonly<Record<number, string>> = {
    1_000: 'segundo',
    60_000: 'minuto',
    3_600_000: 'hora',
    86_400_000: 'día',
  };
  return known[windowMs] ?? `${String(windowMs / 1_000)} segundos`;
}

function errors({ errors: specs, operations }: AnyProvider): string {
  const own = specs.map(({ code: name, descripcion, accion }) => [name, descripcion, accion]);
  return table(
    ['Codigo', 'Descripcion', 'Accion'],
    [...directive(operations as Record<string, OperationSpec<unknown>>), ...own],
  );
}

/** The rows every document has, in the directive's words, and how ours are finer where they are (docs/adr/0007). */
function directive(operations: Readonly<Record<string, OperationSpec<unknown>>>): string[][] {
  const specs = Object.values(operations);
  const blind = specs.some(({ effect: declared }) => declared !== 'read' && declared !== 'idempotent');
  const finer = blind
    ? '. Si la llamada pudo tener efecto y no se puede repetir sin riesgo, no se repite: se consulta al proveedor o decide `onUnknown`'
    : '';
  const waits = specs.map(({ policy }) => policyNamed(policy).schedule).find((schedule) => schedule !== undefined);
  const longer =
    waits === undefined
      ? ''
      : `. En segundo plano sigue el calendario de la operación: hasta ${String(waits.length)} reintentos, el último tras ${String((waits.at(-1) ?? 0) / 60_000)} minutos`;
  return [
    ['400', 'El proveedor rechaza la solicitud', 'Log + retry NO'],
    [
      '401',
      'Credenciales inválidas o vencidas',
      'Refrescar token; si no se puede, se pausa el carril del tenant y nada se pierde',
    ],
    ['429', 'Demasiadas solicitudes', `Backoff exponencial: 1 s, 2 s, 4 s; retry 3 veces${longer}`],
    ['500', 'Error del proveedor', `Retry 3 veces${longer}${finer}`],
  ];
}

const MODELS: Readonly<Record<string, string>> = {
  global: 'Modelo global: todas las llamadas usan las credenciales de la plataforma.',
  tenant:
    'Modelo por tenant: cada llamada usa las credenciales cifradas de su tenant. Nunca se usan las de la plataforma en su lugar.',
  hybrid: 'Modelo híbrido: credenciales de la plataforma que el tenant puede reemplazar campo por campo.',
};

function tenancy({ credentials: { model, globalFields, rebindOn } }: AnyProvider): string {
  const lines = [MODELS[model] ?? ''];
  if (model === 'hybrid') lines.push(`Campos que pueden venir de la plataforma: ${code(globalFields ?? [])}.`);
  if (rebindOn.length > 0) lines.push(`Cambiar ${code(rebindOn)} exige ingresar de nuevo los secretos.`);
  return lines.join(' ');
}

function monitoring({ meta, monitoring: own }: AnyProvider): string {
  const { latencyMs = 2_000, errorPercent = 5, limitUsedPercent = 80 } = own ?? {};
  const calls = `{provider="${meta.id}"}`;
  return table(
    ['Metrica', 'Descripcion', 'Alerta'],
    [
      [
        `Latencia: \`puente_provider_call_duration_seconds${calls}\``,
        'Duración de cada llamada, percentil 95 en 5 minutos',
        `>${String(latencyMs / 1_000)}s`,
      ],
      [
        `Errores: \`puente_provider_calls_total${calls}\``,
        'Llamadas por resultado, en 5 minutos y con al menos 20 llamadas',
        `>${String(errorPercent)}%`,
      ],
      [
        'Rate limit',
        'Parte usada de la cuota del proveedor (todavía sin métrica propia)',
        `>${String(limitUsedPercent)}%`,
      ],
    ],
  );
}

function references({ meta }: AnyProvider): string {
  const official = (meta.references as readonly { title: string; url: string }[]).map(
    ({ title, url }) => `Documentación oficial: [${title}](${url})`,
  );
  return bullets([
    ...official,
    `Módulo del back end: [libs/providers/src/${meta.id}](../../libs/providers/src/${meta.id})`,
    'Variables: [.env.example](../../.env.example)',
  ]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

function code(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
