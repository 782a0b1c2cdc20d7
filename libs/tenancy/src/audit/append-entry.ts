import type { TenantTransaction } from '@puente/database';
import type { JsonObject } from '@puente/kernel';
import { CHAIN_START, linkHash } from './audit-chain';
import type { AuditOutcome } from './audit-entry.entity';
import { harmlessJson, harmlessText } from './harmless-text';

/** Who asks, and from where. */
export interface Origin {
  /** `api-key:<id>` or `system:<part>`. */
  readonly actor: string;
  readonly ip?: string | undefined;
  readonly requestId?: string | undefined;
}

export interface AuditEvent extends Origin {
  /** `integration.activated` */
  readonly action: string;
  /** `integration:sns/default` */
  readonly target: string;
  readonly outcome: AuditOutcome;
  /** Names of what changed, never values. */
  readonly detail?: JsonObject | undefined;
}

/** What an entry is written through: the tenant's own transaction, or the owner's on the tenant's behalf. */
export type AuditedTransaction = Pick<TenantTransaction, 'tenantId' | 'query'>;

/**
 * Appends to the trail of the transaction's tenant. The chain's head is locked until the transaction ends, so call it
 * last: audited changes of one tenant wait for each other here.
 */
export async function appendEntry(tx: AuditedTransaction, event: AuditEvent): Promise<void> {
  const head = await lockHead(tx);
  const link = {
    tenantId: tx.tenantId,
    seq: String(BigInt(head.seq) + 1n),
    at: head.now,
    actor: harmlessText(event.actor),
    action: harmlessText(event.action),
    target: harmlessText(event.target),
    outcome: event.outcome,
    ip: event.ip === undefined ? null : harmlessText(event.ip),
    requestId: event.requestId === undefined ? null : harmlessText(event.requestId),
    detail: harmlessJson(event.detail ?? {}) as JsonObject,
  };
  const hash = linkHash(link, head.hash);
  await tx.query(
    `INSERT INTO audit_entries (tenant_id, seq, at, actor, action, target, outcome, ip, request_id, detail, prev_hash, hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      ...[link.tenantId, link.seq, link.at, link.actor, link.action, link.target, link.outcome],
      ...[link.ip, link.requestId, JSON.stringify(link.detail), head.hash, hash],
    ],
  );
  await tx.query(`UPDATE audit_heads SET seq = $2, hash = $3 WHERE tenant_id = $1`, [tx.tenantId, link.seq, hash]);
}

interface Head {
  readonly seq: string;
  readonly hash: Buffer;
  readonly now: Date;
}

async function lockHead(tx: AuditedTransaction): Promise<Head> {
  await tx.query(`INSERT INTO audit_heads (tenant_id, seq, hash) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING`, [
    tx.tenantId,
    CHAIN_START,
  ]);
  const [head] = await tx.query<Head>(
    // Milliseconds, because that is what a JavaScript date keeps and the hash covers.
    `SELECT seq, hash, date_trunc('milliseconds', puente_now()) AS now FROM audit_heads WHERE tenant_id = $1 FOR UPDATE`,
    [tx.tenantId],
  );
  if (!head) throw new Error('The head of the audit chain is not visible to its own tenant');
  return head;
}
