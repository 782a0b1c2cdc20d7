import { alertLimits, type AnyProvider, type CredentialSpec, type OperationSpec } from '@puente/integrations';
import type { z } from 'zod';
import { ERROR_ACTIONS, LIMIT_WINDOWS, METADATA_FIELDS } from './document-template';

/** The rows of one table, as they follow from a definition. */
export interface CodeRows {
  readonly section: string;
  /** What a row stands for, for the sentence that says it is missing. */
  readonly what: string;
  readonly rows: readonly { readonly name: string; readonly says: readonly string[] }[];
}

/**
 * What the tables have to hold. Read from the definition once more and not taken from the generator: a generator that
 * forgets a row is found out.
 */
export function codeRows(provider: AnyProvider): CodeRows[] {
  return [
    metadata(provider),
    credentials(provider),
    endpoints(provider),
    limits(provider),
    errors(provider),
    monitoring(provider),
  ];
}

function metadata({ meta, credentials: { model } }: AnyProvider): CodeRows {
  const { code, vendor, category, integratedOn } = meta;
  const values = [code, vendor, category, 'Implementado', model === 'global' ? 'No' : 'Si', integratedOn];
  const rows = METADATA_FIELDS.map((name, at) => ({ name, says: [`${name} | ${values[at] ?? ''}`] }));
  return { section: 'Metadata', what: 'field', rows };
}

function credentials(provider: AnyProvider): CodeRows {
  const { env } = provider.credentials as CredentialSpec<z.ZodObject, z.ZodObject>;
  const rows = Object.entries(env).map(([field, { variable, descripcion, required }]) => ({
    name: variable,
    says: [descripcion, `\`${field}\`) | ${required ? 'Si' : 'No'}`],
  }));
  return { section: 'Credenciales Requeridas', what: 'variable', rows };
}

function endpoints({ operations }: AnyProvider): CodeRows {
  const specs = Object.entries(operations as Record<string, OperationSpec<unknown>>);
  const rows = specs.map(([name, { endpoint, descripcion }]) => ({ name, says: [endpoint, descripcion] }));
  return { section: 'Endpoints/SDK Utilizados', what: 'operation', rows };
}

/** The directive wants a word about minutes and days from every provider, also from one that counts seconds. */
function limits({ limits: specs }: AnyProvider): CodeRows {
  const declared = specs.map(({ limite, quota, windowMs, accion }) => {
    const action = LIMIT_WINDOWS.find((window) => window.windowMs === windowMs)?.action;
    return { name: limite, says: [quota.toLocaleString('es-CL'), accion, ...(action === undefined ? [] : [action])] };
  });
  const others = LIMIT_WINDOWS.filter((window) => !specs.some(({ windowMs }) => windowMs === window.windowMs));
  const rows = [...declared, ...others.map(({ row, action }) => ({ name: row, says: [action] }))];
  return { section: 'Rate Limits', what: 'limit', rows };
}

function errors({ errors: specs }: AnyProvider): CodeRows {
  const own = specs.map(({ code, descripcion, accion }) => ({ name: code, says: [descripcion, accion] }));
  const fixed = Object.entries(ERROR_ACTIONS).map(([name, action]) => ({ name, says: [action] }));
  return { section: 'Manejo de Errores', what: 'error code', rows: [...fixed, ...own] };
}

function monitoring(definition: AnyProvider): CodeRows {
  const { latencyMs, errorPercent, limitUsedPercent } = alertLimits(definition);
  const provider = `{provider="${definition.meta.id}"}`;
  const rows = [
    {
      name: `Latencia: \`puente_provider_call_duration_seconds${provider}\``,
      says: [`>${String(latencyMs / 1_000)}s`],
    },
    { name: `Errores: \`puente_provider_calls_total${provider}\``, says: [`>${String(errorPercent)}%`] },
    { name: `Rate limit: \`puente_provider_limit_used_percent${provider}\``, says: [`>${String(limitUsedPercent)}%`] },
  ];
  return { section: 'Monitoreo', what: 'metric', rows };
}
