import { KEYED_HASH, type TenantTable, words } from './tenant-table';

/** What the accounting flow writes: how messages become calls, and what is in the books. */
export const ACCOUNTING_TABLES: readonly TenantTable[] = [
  {
    table: 'accounting_routes',
    key: ['version'],
    exported: { line: 'accounting_routes', columns: words(`id version routes saved_at`) },
    atDeletion: 'removed',
  },
  {
    table: 'accounting_entries',
    key: ['id'],
    exported: {
      line: 'accounting_entry',
      columns: words(`id kind route routes_version entry_key origin message_id reference direction amount_minor currency
        integration operation_id earlier state code problem odoo_id duplicate settled_at repeats conflicts conflict_at created_at`),
      withheld: { request_hash: KEYED_HASH },
    },
    atDeletion: { erased: { entry_key: 'id::text', reference: 'NULL', problem: 'NULL', message_id: 'NULL' } },
  },
];
