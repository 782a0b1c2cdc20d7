import { type AnyProvider, inventoryRow } from '@puente/integrations';
import { stringify } from 'yaml';

/** `MASTER_INVENTORY.yml` (SYSTEMS S4.10). */
export function inventory(catalog: readonly AnyProvider[]): string {
  const integraciones = catalog.map(inventoryRow);
  return `# Lo escribe \`npm run gen\` desde libs/providers/src/catalog.ts.\n${stringify({ integraciones })}`;
}
