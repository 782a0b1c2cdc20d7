/** How the rows of a table look in a tenant's export. Every column is in one of the three; `tenant_id` is said once. */
export interface ExportedRows {
  /** `type` of its lines. */
  readonly line: string;
  readonly columns: readonly string[];
  /** Payloads under the tenant's data key, bound to the row's `id`: opened for whoever exports. */
  readonly sealed?: readonly string[];
  /** Columns of a clock without a zone; they hold UTC. */
  readonly utc?: readonly string[];
  /** What never leaves, and why. */
  readonly withheld?: Readonly<Record<string, string>>;
}

/**
 * What a deletion leaves of the rows. `removed at once`: gone with the deletion itself, because they could still do or
 * reveal something. `removed` and `erased`: soon after, page by page; erased rows stay, without what anybody wrote.
 */
export type AtDeletion = 'kept' | 'removed at once' | 'removed' | { readonly erased: Readonly<Record<string, string>> };

/** One table of tenants' rows: what a tenant gets of it, and what is left of it when the tenant is deleted. */
export interface TenantTable {
  readonly table: string;
  /** Unique within a tenant, and led by the tenant in an index: pages are read in this order. */
  readonly key: readonly string[];
  /** Without an order of its own for each tenant: read with the page of this table whose ids the column names. */
  readonly partOf?: { readonly table: string; readonly column: string };
  /** Or why it is in no export. */
  readonly exported: ExportedRows | string;
  readonly atDeletion: AtDeletion;
}

/** Names of columns, with blanks between them. */
export const words = (text: string): string[] => text.trim().split(/\s+/);

/** Why a hash of what was asked leaves with nobody. */
export const KEYED_HASH = 'a keyed hash, of use to nobody else';
