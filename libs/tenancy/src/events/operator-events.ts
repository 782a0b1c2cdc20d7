import { Injectable } from '@nestjs/common';
import { type Queryable, TenantDatabase } from '@puente/database';
import { isUuid, type JsonObject, uuidv7 } from '@puente/kernel';
import { Metrics } from '@puente/observability';
import { InvalidFieldsError } from '../invalid-fields.errors';
import { TenancyLog } from '../tenancy.log';

export interface NewOperatorEvent {
  readonly tenantId: string;
  /** `credentials.due`: what it is about, then what happened. Anything may be added. */
  readonly type: string;
  /** `integration:sns/default`, as in the audit trail. */
  readonly subject: string;
  /** Names, states and times; no secret, no text of a provider. */
  readonly data?: JsonObject;
  /** The occasion, within the type: told again, also by another process, it is the same event. Left out: always new. */
  readonly occasion?: string;
}

export interface OperatorEventView {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly at: Date;
}

export interface OperatorEventFilter {
  readonly types?: readonly string[] | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
}

export interface OperatorEventPage {
  readonly items: readonly OperatorEventView[];
  /** Id after which the next page begins, null on the last one. */
  readonly next: string | null;
}

const RECORD = `
  INSERT INTO operator_events (id, tenant_id, type, subject, data, dedupe_key, at)
  VALUES ($1, $2, $3, $4, $5, $6, puente_now()) ON CONFLICT (tenant_id, dedupe_key) DO NOTHING RETURNING id`;

const LIST = `
  SELECT id, type, subject, data, at FROM operator_events
  WHERE ($1::uuid IS NULL OR id < $1) AND ($2::text[] IS NULL OR type = ANY ($2))
    AND ($3::timestamptz IS NULL OR at >= $3) AND ($4::timestamptz IS NULL OR at < $4)
  ORDER BY id DESC LIMIT $5`;

/**
 * What operators should hear of, kept until they ask: credentials that are due, refused, usable again. Unlike the audit
 * trail it does not say who did what. Each new event is also a line of the log and a count.
 */
@Injectable()
export class OperatorEvents {
  private readonly total;

  constructor(
    private readonly database: TenantDatabase,
    private readonly log: TenancyLog,
    metrics: Metrics,
  ) {
    this.total = metrics.counter({
      name: 'puente_operator_events_total',
      help: 'Events for operators, by type',
      labelNames: ['type'],
    });
  }

  /**
   * Joins the caller's transaction, as `puente_app` of that tenant or as `puente_dispatch`.
   *
   * @returns what the caller does once the transaction has committed: until then nothing is logged or counted
   */
  async record(tx: Queryable, event: NewOperatorEvent): Promise<() => void> {
    const { tenantId, type, subject, data = {}, occasion } = event;
    const id = uuidv7();
    const params = [id, tenantId, type, subject, JSON.stringify(data), `${type}/${occasion ?? id}`];
    const isNew = (await tx.query(RECORD, params)).length > 0;
    return () => {
      if (!isNew) return;
      this.total.inc({ type });
      this.log.operatorEvent(tenantId, type, subject, data);
    };
  }

  /** In a transaction of its own, for what is not part of a change. */
  async publish(event: NewOperatorEvent): Promise<void> {
    const tell = await this.database.run(event.tenantId, (tx) => this.record(tx, event));
    tell();
  }

  /** Newest first. @throws {InvalidFieldsError} */
  async list(
    tenantId: string,
    { types, since, until }: OperatorEventFilter = {},
    cursor?: string,
    limit = 25,
  ): Promise<OperatorEventPage> {
    if (cursor !== undefined && !isUuid(cursor))
      throw new InvalidFieldsError([{ path: 'cursor', message: 'expected `next` of the previous page' }]);
    const params = [cursor ?? null, types ?? null, since ?? null, until ?? null, limit + 1];
    const rows = await this.database.run(tenantId, (tx) => tx.query<OperatorEventView>(LIST, params));
    const items = rows.slice(0, limit);
    return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  }
}
