import { ACCOUNTING_TABLES } from './accounting-tables';
import { PAYMENT_TABLES } from './payment-tables';
import { PURCHASE_TABLES } from './purchase-tables';
import { KEYED_HASH, type TenantTable, words } from './tenant-table';

/** What flows write about their work: notifications and their dead letters, events and their deliveries. */
export const FLOW_TABLES: readonly TenantTable[] = [
  {
    table: 'inbox',
    key: ['source', 'message_key'],
    exported: 'marks against doubles; the notifications say what came',
    atDeletion: 'removed',
  },
  {
    table: 'notifications',
    key: ['seq'],
    exported: {
      line: 'notification',
      columns: words(`id seq origin event topic group_id body_md5 queue_url queue_message_id send_operation_id sends
        queued_at handled_at handler_kind handler_function publish_operation_id published_at sns_message_id deduplicated_of
        dead_lettered_at dead_letter_reason dead_letter_operation_id created_at`),
      sealed: ['content'],
    },
    atDeletion: {
      erased: {
        ...{ content: `'{}'`, event: 'NULL', topic: `''`, group_id: `''`, body_md5: `''` },
        ...{ handler_kind: 'NULL', handler_function: 'NULL', dead_letter_reason: 'NULL' },
      },
    },
  },
  {
    table: 'redrives',
    key: ['seq'],
    exported: {
      line: 'redrive',
      columns: words(`id seq state rate filter actor idempotency_key next_send_at skipped counts problem created_at
        started_at finished_at`),
    },
    atDeletion: {
      erased: {
        state: `CASE WHEN state IN ('queued', 'running') THEN 'cancelled' ELSE state END`,
        finished_at: 'coalesce(finished_at, puente_now())',
        ...{ filter: `'{}'`, idempotency_key: 'NULL', problem: 'NULL' },
      },
    },
  },
  {
    table: 'dead_letters',
    key: ['seq'],
    exported: {
      line: 'dead_letter',
      columns:
        words(`id seq queue_url message_id notification_id cause reason body_md5 group_id at came_at came_seq copy_operation_id
        copy_removed_at state redrives redrive_of redrive_operation_id redrive_queue_url redriven_at redrive_failure taken_message_id
        redrive_id found_by`),
      sealed: ['content'],
    },
    atDeletion: {
      erased: {
        content: `CASE WHEN content IS NOT NULL THEN '{}'::jsonb END`,
        ...{ reason: `''`, body_md5: `''`, group_id: `''`, redrive_failure: 'NULL' },
      },
    },
  },
  {
    table: 'webhook_events',
    key: ['id'],
    exported: {
      line: 'webhook_event',
      columns: words(`id event_id type key user_id origin payload_expired_at deliveries held created_at`),
      sealed: ['payload'],
      withheld: { request_hash: KEYED_HASH },
    },
    atDeletion: { erased: { payload: `'{}'`, event_id: 'NULL', type: `''`, key: 'NULL', user_id: 'NULL' } },
  },
  {
    table: 'webhook_deliveries',
    key: ['id'],
    exported: {
      line: 'webhook_delivery',
      columns: words(`id event_id endpoint_id operation_id earlier created_at`),
    },
    atDeletion: 'removed',
  },
  ...PAYMENT_TABLES,
  ...PURCHASE_TABLES,
  ...ACCOUNTING_TABLES,
];
