import { AppConfigSchema } from '@puente/config';
import type { AnyProvider } from '@puente/integrations';
import type { z } from 'zod';

/** `.env.example`: our own variables from the configuration schema, then one group per provider (SYSTEMS S4.2). */
export function envExample(catalog: readonly AnyProvider[]): string {
  const own = Object.entries(AppConfigSchema.shape).map(([name, schema]) => variable(name, schema));
  const seen = new Set(Object.keys(AppConfigSchema.shape));
  const groups = catalog.map((provider) => providerGroup(provider, seen));
  return `# Written by \`npm run gen\`. API, worker and command line read a .env in their working directory; variables that are
# set in the environment win.

# ---------------------------------------------------------------------------
# PUENTE
# ---------------------------------------------------------------------------

${own.join('\n\n')}

# ---------------------------------------------------------------------------
# INTEGRACIONES EXTERNAS
#
# Cómo se llaman las credenciales de cada proveedor. Las de cada tenant se
# registran por la API y se guardan cifradas en tenant_integrations; lo que está
# aquí es de la plataforma y nunca reemplaza a lo de un tenant.
# ---------------------------------------------------------------------------

${groups.join('\n\n')}
`;
}

function variable(name: string, schema: z.ZodType): string {
  const required = !schema.safeParse(undefined).success;
  const initial: unknown = required ? '' : schema.parse(undefined);
  const value = ['string', 'number', 'boolean'].includes(typeof initial) ? String(initial) : '';
  return `# ${schema.description ?? name}${required ? ' Required.' : ''}\n${required || value !== '' ? '' : '# '}${name}=${value}`;
}

function providerGroup({ meta, credentials }: AnyProvider, seen: Set<string>): string {
  const specs = Object.values(
    credentials.env as Record<string, { variable: string; descripcion: string; required: boolean }>,
  );
  const lines = specs.map(({ variable: name, descripcion }) => {
    if (seen.has(name)) return `# ${name}: ver arriba. ${descripcion}`;
    seen.add(name);
    return `# ${descripcion}\n${name}=`;
  });
  return [`# ${meta.title} (${meta.category})`, ...lines].join('\n');
}
