import { type TenantTable, words } from './tenant-table';

/** What the payments flow writes. The amounts stay when a tenant is deleted: books have to be kept. */
export const PAYMENT_TABLES: readonly TenantTable[] = [
  {
    table: 'payments',
    key: ['id'],
    exported: {
      line: 'payment',
      columns:
        words(`id reference integration buy_order session_id amount state reason review result_url form_expires_at
        expires_at commits commit_operation_id commit_begun_at committed_at response_code authorization_code payment_type
        card_last4 installments vci accounting_date transaction_date approved_amount refunded_amount captured_amount
        capture_operation_id next_check_at checks created_at updated_at`),
      withheld: {
        return_hash: 'what a returning payer is recognised by',
        token: 'opens the form of a payment',
        form_url: 'opens the form of a payment',
      },
    },
    atDeletion: {
      erased: {
        ...{ reference: 'id::text', result_url: 'NULL', token: 'NULL', form_url: 'NULL' },
        ...{ card_last4: 'NULL', next_check_at: 'NULL' },
      },
    },
  },
  {
    table: 'payment_refunds',
    key: ['id'],
    exported: {
      line: 'payment_refund',
      columns:
        words(`id payment_id amount balance_before state kind idempotency_key actor authorization_code response_code
        problem operation_id created_at settled_at`),
    },
    atDeletion: { erased: { idempotency_key: 'NULL', problem: 'NULL' } },
  },
  {
    table: 'payment_events',
    key: ['id'],
    exported: { line: 'payment_event', columns: words(`id payment_id type from_state to_state data at`) },
    atDeletion: 'kept',
  },
];
