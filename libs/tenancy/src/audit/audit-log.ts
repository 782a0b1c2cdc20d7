import { Injectable } from '@nestjs/common';
import { asTenant, TenantDatabase, type TenantTransaction } from '@puente/database';
import { SYSTEM_TENANT_ID } from '@puente/kernel';
import { LessThan, type FindOptionsWhere, Between, MoreThanOrEqual, LessThanOrEqual } from 'typeorm';
import { TenancyLog } from '../tenancy.log';
import { appendEntry, type AuditEvent } from './append-entry';
import { AuditEntry, type AuditOutcome } from './audit-entry.entity';

export type { AuditEvent, Origin } from './append-entry';

export interface AuditFilter {
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
  readonly outcome?: AuditOutcome | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
}

export interface AuditView {
  readonly seq: string;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly outcome: AuditOutcome;
  readonly ip: string | null;
  readonly requestId: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly hash: string;
}

export interface AuditPage {
  readonly items: readonly AuditView[];
  /** Cursor of the next page, null on the last one. */
  readonly next: string | null;
}

/**
 * Who did what, when, from where, and how it ended: one chain of hashes per tenant, written in the transaction of the
 * change itself, so that there is no change without its entry and no entry without its change.
 */
@Injectable()
export class AuditLog {
  constructor(
    private readonly database: TenantDatabase,
    private readonly log: TenancyLog,
  ) {}

  /**
   * Appends to the trail of the transaction's tenant. The chain's head is locked until the transaction ends, so call it
   * last: audited changes of one tenant wait for each other here.
   */
  record(tx: TenantTransaction, event: AuditEvent): Promise<void> {
    return appendEntry(tx, event);
  }

  /**
   * For what the platform does to a tenant: its trail says so, and so does the platform's. The tenant's first, as
   * everywhere, since the platform's head is the one that others wait for.
   */
  async recordInBoth(tx: TenantTransaction, tenantId: string, event: AuditEvent): Promise<void> {
    await asTenant(tx, tenantId, (own) => this.record(own, event));
    await asTenant(tx, SYSTEM_TENANT_ID, (platform) => this.record(platform, event));
  }

  /**
   * Records an attempt that was refused, in a transaction of its own since there is no change to join. A refusal stays a
   * refusal when this fails; the log has it then.
   */
  async recordDenied(tenantId: string, event: Omit<AuditEvent, 'outcome'>): Promise<void> {
    try {
      await this.database.run(tenantId, (tx) => this.record(tx, { ...event, outcome: 'denied' }));
    } catch (error) {
      this.log.auditFailed(tenantId, event.action, error);
    }
  }

  /** Newest first. */
  async list(tenantId: string, filter: AuditFilter = {}, cursor?: string, limit = 25): Promise<AuditPage> {
    const entries = await this.database.run(tenantId, (tx) =>
      tx.manager.getRepository(AuditEntry).find({
        where: { tenantId, ...conditions(filter), ...(cursor === undefined ? {} : { seq: LessThan(cursor) }) },
        order: { seq: 'DESC' },
        take: limit + 1,
      }),
    );
    const items = entries.slice(0, limit).map(viewOf);
    return { items, next: entries.length > limit ? (items.at(-1)?.seq ?? null) : null };
  }
}

function conditions({ action, actor, outcome, since, until }: AuditFilter): FindOptionsWhere<AuditEntry> {
  return {
    ...(action === undefined ? {} : { action }),
    ...(actor === undefined ? {} : { actor }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(since && until ? { at: Between(since, until) } : {}),
    ...(since && !until ? { at: MoreThanOrEqual(since) } : {}),
    ...(until && !since ? { at: LessThanOrEqual(until) } : {}),
  };
}

function viewOf(entry: AuditEntry): AuditView {
  const { seq, at, actor, action, target, outcome, ip, requestId, detail, hash } = entry;
  return { seq, at, actor, action, target, outcome, ip, requestId, detail, hash: hash.toString('hex') };
}
