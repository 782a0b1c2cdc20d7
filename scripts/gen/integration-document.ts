import {
  ALERT_WINDOW,
  alertLimits,
  type AnyProvider,
  type CredentialModel,
  type CredentialSpec,
  type OperationSpec,
} from '@puente/integrations';
import { policyNamed } from '@puente/resilience';
import { WARN_DAYS } from '../../libs/tenancy/src/integrations/integration-view';
import type { z } from 'zod';
import { ERROR_ACTIONS, LIMIT_WINDOWS, PLACEHOLDER, TABLE_COLUMNS } from './document-template';
import { block } from './generated-blocks';

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
    webhooks: table('Webhooks (si aplica)', [['No aplica', '-', 'El proveedor no llama a Puente.']]),
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

${PLACEHOLDER} qué hace la integración, para quién, y qué no hace.

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

${PLACEHOLDER} cómo se prueba sin tocar producción.

### Comandos de Test

\`\`\`sh
npx jest libs/providers/src/${provider.meta.id}/${provider.meta.id}.contract.spec.ts
\`\`\`

## Monitoreo

${part('monitoreo')}

## Referencias

${part('referencias')}

**Ultima actualizacion:** ${reviewedOn}
`;
}

function metadata({ meta, credentials }: AnyProvider): string {
  return table('Metadata', [
    ['Codigo', meta.code],
    ['Proveedor', meta.vendor],
    ['Tipo', meta.category],
    ['Estado', 'Implementado'],
    ['Multi-tenant', credentials.model === 'global' ? 'No' : 'Si'],
    ['Fecha integracion', meta.integratedOn],
  ]);
}

function credentials(provider: AnyProvider): string {
  const spec = provider.credentials as CredentialSpec<z.ZodObject, z.ZodObject>;
  const rows = Object.entries(spec.env).map(([field, { variable, descripcion, required }]) => [
    `\`${variable}\``,
    `${descripcion} (${field in spec.secrets.shape ? 'secreto' : 'configuración'} \`${field}\`)`,
    required ? 'Si' : 'No',
  ]);
  return `${table('Credenciales Requeridas', rows)}

${CREDENTIAL_SOURCES[spec.model](provider)}
Vencen cada ${String(spec.rotateEveryDays)} días${expiry(spec)}; ${String(WARN_DAYS)} días antes avisan el evento \`credentials.due\` y la métrica \`puente_credentials_due\`.`;
}

function expiry({ expiresOn }: CredentialSpec<z.ZodObject, z.ZodObject>): string {
  return expiresOn === undefined ? '' : `, o el día de \`${expiresOn}\` si llega antes`;
}

const CREDENTIAL_SOURCES: Readonly<Record<CredentialModel, (provider: AnyProvider) => string>> = {
  global: () => 'Puente lee estas variables de su entorno; ningún tenant registra credenciales propias.',
  tenant: (provider) =>
    `Los nombres de las variables siguen la convención {PROVEEDOR}_{TIPO}; lo que tengan en el entorno de Puente es de la plataforma y nunca reemplaza al valor de un tenant.
${registered(provider)}`,
  hybrid: (provider) =>
    `Puente lee estas variables de su entorno; lo que registra un tenant prevalece, campo por campo.
${registered(provider)}`,
};

function registered({ meta: { id }, managed }: AnyProvider): string {
  if (managed)
    return `Se registran, se cambian y se rotan con aquello a lo que pertenecen, \`${managed.by}\`; \`/v1/integrations/${id}\` las muestra y las prueba, no las cambia (409 \`INTEGRATION_MANAGED\`) ni las incluye en su lista. Los secretos se cifran al recibirlos y nunca se vuelven a mostrar.`;
  return `Cada tenant registra sus valores con \`PUT /v1/integrations/${id}\`. Los secretos se cifran al recibirlos y nunca se vuelven a mostrar.
Se cambian con \`POST /v1/integrations/${id}/rotate\`: las llamadas nuevas usan los nuevos de inmediato, y los anteriores se guardan un plazo, por si hay que volver atrás, y luego se borran.`;
}

function endpoints(provider: AnyProvider): string {
  const operations = Object.entries(provider.operations as Record<string, OperationSpec<unknown>>);
  return `${table(
    'Endpoints/SDK Utilizados',
    operations.map(([name, spec]) => [`\`${name}\``, `\`${spec.endpoint}\``, `${spec.descripcion}. ${effect(spec)}`]),
  )}

${bullets(operations.map(([name, spec]) => `Documentación oficial de \`${name}\`: <${spec.documentation}>`))}`;
}

function effect({ effect: declared, idempotentForMs }: OperationSpec<unknown>): string {
  const repeatable =
    idempotentForMs === undefined ? 'Idempotente' : `Idempotente durante ${String(idempotentForMs / 60_000)} minutos`;
  if (typeof declared === 'function')
    return `Según la entrada, ver Descripcion. ${repeatable}, o no se repite en silencio.`;
  switch (declared) {
    case 'read':
      return 'Solo lectura.';
    case 'idempotent':
      return `${repeatable}.`;
    case 'reconcilable':
      return 'Si se pierde la respuesta, se consulta al proveedor.';
    case 'once':
      return 'No se repite en silencio: si se pierde la respuesta decide `onUnknown`.';
  }
}

function limits(specs: AnyProvider['limits']): string {
  const rows = specs.map((spec) => [
    spec.limite,
    `${spec.quotaOf ? 'El que fije cada una, hasta ' : ''}${spec.quota.toLocaleString('es-CL')} ${period(spec.windowMs)} (${spec.per === 'credential' ? 'por cuenta' : 'global'})`,
    spec.accion + ownPart(spec),
  ]);
  const windows = new Set(specs.map(({ windowMs }) => windowMs));
  const unpublished = LIMIT_WINDOWS.filter(({ windowMs }) => !windows.has(windowMs)).map(({ row, action }) => [
    row,
    'El proveedor no publica uno',
    action,
  ]);
  return table('Rate Limits', [...rows, ...unpublished]);
}

/** What Puente itself does about a limit, before the provider has to. */
function ownPart({ windowMs, operations, enforced }: AnyProvider['limits'][number]): string {
  if (windowMs === 0 || operations?.length === 0) return '';
  return enforced === false
    ? '. Puente cuenta la cuota y avisa, pero no la impone: una cuenta puede tener más'
    : '. Puente cuenta la cuota entre todos sus procesos y espera en vez de excederla';
}

function period(windowMs: number): string {
  const known: Readonly<Record<number, string>> = {
    0: 'a la vez',
    1_000: 'por segundo',
    60_000: 'por minuto',
    3_600_000: 'por hora',
    86_400_000: 'por día',
  };
  return known[windowMs] ?? `cada ${String(windowMs / 1_000)} segundos`;
}

function errors({ errors: specs, operations }: AnyProvider): string {
  const fixed = directive(operations as Record<string, OperationSpec<unknown>>, specs);
  const own = specs
    .filter(({ code: name }) => !Object.hasOwn(ERROR_ACTIONS, name))
    .map(({ code: name, descripcion, accion }) => [name, descripcion, accion]);
  return table('Manejo de Errores', [...fixed, ...own]);
}

/**
 * The rows every document has, in the directive's words, and how ours are finer where they are (docs/adr/0007). A provider
 * for which a status means something else says so in its own words.
 */
function directive(
  operations: Readonly<Record<string, OperationSpec<unknown>>>,
  own: AnyProvider['errors'],
): string[][] {
  const specs = Object.values(operations);
  const blind = specs.some(({ effect: declared }) => declared !== 'read' && declared !== 'idempotent');
  const finer = blind
    ? '. Una llamada que pudo tener efecto y que no se puede repetir sin riesgo no se repite: se consulta al proveedor o decide `onUnknown`'
    : '';
  const longer = schedules(specs);
  const rows: Readonly<Record<string, readonly [descripcion: string, detail: string]>> = {
    '400': ['El proveedor rechaza la solicitud', ''],
    '401': [
      'Credenciales inválidas o vencidas',
      '; si no se puede, se pausan las llamadas de ese tenant al proveedor (su carril) y nada se pierde',
    ],
    '429': ['Demasiadas solicitudes', `: 1 s, 2 s, 4 s; retry 3 veces${longer}`],
    '500': ['Error del proveedor', `${longer}${finer}`],
  };
  return Object.entries(ERROR_ACTIONS).map(([status, action]) => {
    const other = own.find(({ code: name }) => name === status);
    if (other) return [status, other.descripcion, `${action} en general. Aquí: ${other.accion}`];
    const [descripcion = '', detail = ''] = rows[status] ?? [];
    return [status, descripcion, action + detail];
  });
}

function schedules(specs: readonly OperationSpec<unknown>[]): string {
  const waits = specs.map(({ policy }) => policyNamed(policy).schedule).find((schedule) => schedule !== undefined);
  if (waits === undefined) return '';
  const last = String((waits.at(-1) ?? 0) / 60_000);
  return `. Una operación en segundo plano que tiene calendario lo sigue: hasta ${String(waits.length)} reintentos, el último unos ${last} minutos después del anterior`;
}

const MODELS: Readonly<Record<string, string>> = {
  global: 'Modelo global: todas las llamadas usan las credenciales de la plataforma.',
  tenant:
    'Modelo por tenant: cada llamada usa las credenciales cifradas de su tenant. Nunca se usan las de la plataforma en su lugar.',
  hybrid: 'Modelo híbrido: credenciales de la plataforma que el tenant puede reemplazar campo por campo.',
};

function tenancy({ credentials: { model, globalFields, rebindOn, boundSecrets } }: AnyProvider): string {
  const lines = [MODELS[model] ?? ''];
  if (model === 'hybrid') lines.push(`Campos que pueden venir de la plataforma: ${code(globalFields ?? [])}.`);
  if (rebindOn.length > 0)
    lines.push(
      `Cambiar ${code(rebindOn)} exige ingresar de nuevo ${boundSecrets ? code(boundSecrets) : 'los secretos'}.`,
    );
  return lines.join(' ');
}

function monitoring(definition: AnyProvider): string {
  const { latencyMs, errorPercent, limitUsedPercent } = alertLimits(definition);
  const { minutes, leastCalls, percentile } = ALERT_WINDOW;
  const calls = `{provider="${definition.meta.id}"}`;
  const note = definition.monitoring?.receivers
    ? '; sin aviso de Puente, porque de cada receptor responde su dueño: las fallas son advertencias del registro y cuentan en su circuito'
    : '';
  return table('Monitoreo', [
    [
      `Latencia: \`puente_provider_call_duration_seconds${calls}\``,
      `Duración de cada llamada con sus reintentos inmediatos, percentil ${String(percentile)} en ${String(minutes)} minutos${note}`,
      `>${String(latencyMs / 1_000)}s`,
    ],
    [
      `Errores: \`puente_provider_calls_total${calls}\``,
      `Parte de las llamadas a las que el proveedor no responde bien (las que rechaza no cuentan), en ${String(minutes)} minutos y con al menos ${String(leastCalls)} llamadas${note}`,
      `>${String(errorPercent)}%`,
    ],
    [
      `Rate limit: \`puente_provider_limit_used_percent${calls}\``,
      definition.monitoring?.receivers
        ? 'No se mide: el límite de cada receptor es el que pidió su dueño, y usarlo entero es lo normal'
        : `Parte usada de la cuota más usada, según las cabeceras del proveedor o la cuenta de Puente; \`GET /v1/integrations/${definition.meta.id}\` la muestra por cuenta, con las tres alertas`,
      `>${String(limitUsedPercent)}%`,
    ],
  ]);
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

/** The one table of a section. */
function table(section: string, rows: readonly (readonly string[])[]): string {
  const head = TABLE_COLUMNS[section] ?? [];
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
