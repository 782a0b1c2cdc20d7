import type { AnyProvider } from '@puente/integrations';
import { stringify } from 'yaml';
import { documentPath } from './integration-document';

/** `MASTER_INVENTORY.yml` (SYSTEMS S4.10). */
export function inventory(catalog: readonly AnyProvider[]): string {
  const rows = catalog.map((provider) => ({
    codigo: provider.meta.code,
    nombre: provider.meta.title,
    proveedor: provider.meta.vendor,
    tipo: provider.meta.inventoryType,
    estado: 'activo',
    multi_tenant: provider.credentials.model !== 'global',
    documentacion: documentPath(provider),
  }));
  return `# Lo escribe \`npm run gen\` desde libs/providers/src/catalog.ts.\n${stringify({ integraciones: rows })}`;
}
