import type { AnyProvider, ProviderMeta } from '../provider';

/** A provider in the words of `MASTER_INVENTORY.yml` (SYSTEMS S4.10); `codigo` is ours. */
export interface InventoryRow {
  readonly codigo: string;
  readonly nombre: string;
  readonly proveedor: string;
  readonly tipo: string;
  readonly estado: 'activo';
  readonly multi_tenant: boolean;
  /** Path of its document, from the root of the project. */
  readonly documentacion: string;
}

export function inventoryRow(provider: AnyProvider): InventoryRow {
  const { code, title, vendor, inventoryType } = provider.meta;
  return {
    codigo: code,
    nombre: title,
    proveedor: vendor,
    tipo: inventoryType,
    estado: 'activo',
    multi_tenant: provider.credentials.model !== 'global',
    documentacion: documentPath(provider),
  };
}

/** Where a provider's document is, from the root of the project. */
export function documentPath({ meta }: { readonly meta: Pick<ProviderMeta, 'code' | 'id'> }): string {
  return `${DOCUMENT_FOLDER}/${meta.code}-${meta.id}.md`;
}

export const DOCUMENT_FOLDER = 'docs/02-integraciones';
