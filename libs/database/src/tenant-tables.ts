import { FLOW_TABLES } from './flow-tables';
import { KEYED_HASH, type TenantTable, words } from './tenant-table';

const OURS = 'bookkeeping of our own workers';
const CIPHERTEXT = 'encrypted credentials';

/**
 * Every table that holds rows of tenants. A test compares this with the schema, column by column: who adds one decides
 * here whether it may leave, and what becomes of it. In the order of an export; a deletion takes the opposite one.
 */
export const TENANT_TABLES: readonly TenantTable[] = [
  {
    table: 'api_keys',
    key: ['id'],
    exported: {
      line: 'api_key',
      columns: words(`id prefix name scopes user_scope created_at expires_at revoked_at last_used_at`),
      withheld: { secret_hash: 'what a key is compared with' },
    },
    atDeletion: { erased: { name: `''`, user_scope: 'NULL' } },
  },
  {
    table: 'tenant_integrations',
    key: ['id'],
    exported: {
      line: 'integration',
      columns:
        words(`id provider name config is_active active_version rotate_due_at expires_at quarantined_at quarantine
        created_at updated_at`),
      utc: ['created_at'],
      withheld: { credentials: CIPHERTEXT },
    },
    atDeletion: 'removed at once',
  },
  {
    table: 'integration_versions',
    key: ['id'],
    exported: {
      line: 'integration_version',
      columns: words(`id integration_id version state config probe created_at verified_at activated_at rotate_due_at
        retire_at revoked_at`),
      withheld: { envelope: CIPHERTEXT, fingerprints: KEYED_HASH },
    },
    atDeletion: 'removed at once',
  },
  {
    table: 'credential_mends',
    key: ['provider', 'integration'],
    exported: 'tells late refusals from new ones; the audit trail says when credentials changed',
    atDeletion: 'removed',
  },
  {
    table: 'notification_queues',
    key: ['id'],
    exported: {
      line: 'queue',
      columns: words(`id queue_url queue_arn dead_letter_queue_url integration created_at`),
      withheld: { sweep_until: OURS },
    },
    atDeletion: 'removed at once',
  },
  {
    table: 'notification_queue_arns',
    key: ['role'],
    exported: 'holds the same queues as the line of type queue',
    atDeletion: 'removed at once',
  },
  {
    table: 'notification_handlers',
    key: ['id'],
    exported: {
      line: 'handler',
      columns: words(`id kind topic_arn function integration on_unknown enabled created_at updated_at`),
    },
    atDeletion: 'removed at once',
  },
  {
    table: 'tenant_functions',
    key: ['id'],
    exported: {
      line: 'function',
      columns: words(`id function name name_includes_env integration on_unknown created_at updated_at`),
    },
    atDeletion: 'removed at once',
  },
  {
    table: 'webhook_endpoints',
    key: ['id'],
    exported: {
      line: 'webhook_endpoint',
      columns: words(`id description event_types user_id payload_version ordering head_of_line enabled disabled_reason
        disabled_at failing_since signing_keys keys_expire_at created_at updated_at`),
    },
    atDeletion: 'removed',
  },
  {
    table: 'webhook_subscriptions',
    key: ['pattern', 'user_id', 'endpoint_id'],
    exported: 'holds the same event types as the line of type webhook_endpoint',
    atDeletion: 'removed',
  },
  {
    table: 'lanes',
    key: ['provider', 'lane_key'],
    exported: {
      line: 'lane',
      columns: words(`provider lane_key open_until failures opened opened_at closed_at max_in_flight paused_by paused_at
        reason updated_at`),
      withheld: { probe_until: OURS, probe_operation: OURS, claims: OURS, tried_at: OURS, vain_tries: OURS },
    },
    atDeletion: 'removed at once',
  },
  {
    table: 'provider_minutes',
    key: ['provider', 'integration', 'minute'],
    exported: 'counts of the last hours, for alerts; the operations say what was called',
    atDeletion: 'removed',
  },
  {
    table: 'provider_alerts',
    key: ['provider', 'integration', 'kind'],
    exported: 'what is the matter now; the operator events say when it began',
    atDeletion: 'removed',
  },
  {
    table: 'operations',
    key: ['seq'],
    exported: {
      line: 'operation',
      columns:
        words(`id seq provider operation integration lane_key order_key head_of_line effect on_unknown policy priority
        route_key settle_ms key_window_ms state mode attempt crashes repeats asks maybe_sent first_sent_at sent_at
        next_attempt_at deadline_at failure provider_code provider_status failure_message subscriber delivered_at
        replay_of payload_expired_at trace_id created_at updated_at settled_at`),
      sealed: ['input', 'output'],
      withheld: { request_hash: KEYED_HASH, lease_until: OURS, lease_owner: OURS, fence: OURS, blocked: OURS },
    },
    atDeletion: {
      erased: { input: `'{}'`, output: 'NULL', order_key: 'NULL', route_key: 'NULL', failure_message: 'NULL' },
    },
  },
  {
    table: 'attempts',
    key: ['operation_id', 'fence', 'number'],
    partOf: { table: 'operations', column: 'operation_id' },
    exported: {
      line: 'attempt',
      columns: words(`operation_id number mode started_at ended_at duration_ms outcome provider_code provider_status
        excerpt repeat applied`),
      withheld: { fence: OURS, owner: OURS },
    },
    atDeletion: { erased: { excerpt: 'NULL' } },
  },
  {
    table: 'operation_events',
    key: ['id'],
    exported: 'not delivered yet to our own flows; the operations say what became of them',
    atDeletion: 'removed',
  },
  {
    table: 'replays',
    key: ['seq'],
    exported: {
      line: 'replay',
      columns: words(`id seq request actor idempotency_key items skipped next created_at`),
    },
    atDeletion: { erased: { request: `'{}'`, idempotency_key: 'NULL' } },
  },
  {
    table: 'idempotency_keys',
    key: ['route', 'key'],
    exported: {
      line: 'idempotency_key',
      columns: words(`route key operation_id subject_id created_at`),
      withheld: { request_hash: KEYED_HASH },
    },
    atDeletion: 'removed',
  },
  ...FLOW_TABLES,
  {
    table: 'operator_events',
    key: ['id'],
    exported: {
      line: 'operator_event',
      columns: words(`id type subject data at`),
      withheld: { dedupe_key: OURS },
    },
    atDeletion: 'kept',
  },
  {
    table: 'audit_entries',
    key: ['seq'],
    exported: {
      line: 'audit_entry',
      columns: words(`seq at actor action target outcome ip request_id detail prev_hash hash`),
    },
    atDeletion: 'kept',
  },
  {
    table: 'audit_heads',
    key: [],
    exported: 'holds the hash of the last line of type audit_entry',
    atDeletion: 'kept',
  },
];
