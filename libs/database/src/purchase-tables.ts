import { KEYED_HASH, type TenantTable, words } from './tenant-table';

/** What the purchases flow writes: the shop, its users and their wallets, who bought what. */
export const PURCHASE_TABLES: readonly TenantTable[] = [
  {
    table: 'purchase_settings',
    key: ['id'],
    exported: {
      line: 'purchase_settings',
      columns: words(
        `id group_id request_topic validation_topic redirect_url unit_price hold_minutes mqtt webpay smtp updated_at`,
      ),
    },
    atDeletion: 'removed',
  },
  {
    table: 'fixtures',
    key: ['fixture_id'],
    exported: {
      line: 'fixture',
      columns: words(`fixture_id league_name round date units units_left unit_price created_at updated_at`),
    },
    atDeletion: 'kept',
  },
  {
    table: 'shop_users',
    key: ['user_id'],
    exported: { line: 'shop_user', columns: words(`user_id email name balance created_at updated_at`) },
    atDeletion: { erased: { email: 'NULL', name: `''` } },
  },
  {
    table: 'wallet_entries',
    key: ['id'],
    exported: { line: 'wallet_entry', columns: words(`id kind user_id request_id idempotency_key created_at`) },
    atDeletion: 'kept',
  },
  {
    table: 'wallet_postings',
    key: ['entry_id', 'account'],
    exported: { line: 'wallet_posting', columns: words(`entry_id account amount`) },
    atDeletion: 'kept',
  },
  {
    table: 'purchase_requests',
    key: ['request_id'],
    exported: {
      line: 'purchase_request',
      columns:
        words(`request_id seq origin group_id seller fixture_id league_name round date result datetime deposit_token quantity
        amount user_id wallet status units_held announce_operation_id payment_id decided_by idempotency_key expires_at created_at
        updated_at`),
      withheld: { request_hash: KEYED_HASH },
    },
    atDeletion: 'kept',
  },
  {
    table: 'purchase_messages',
    key: ['id'],
    exported: { line: 'purchase_message', columns: words(`id topic payload verdict reason request_id created_at`) },
    atDeletion: 'removed',
  },
];
