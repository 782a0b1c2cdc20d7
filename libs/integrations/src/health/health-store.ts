import { Injectable } from '@nestjs/common';
import { DispatchDatabase, type Queryable } from '@puente/database';
import type { AlertKind, Breach, MinuteCounts } from './provider-health';
import { MINUTES_LOOKED_AT } from './provider-health';

export interface Account {
  readonly tenantId: string;
  readonly provider: string;
  readonly integration: string;
}

/** What one process counted of one account since it last told. */
export type AccountCounts = Account & Omit<MinuteCounts, 'minute'>;

export interface AccountAlert extends Account {
  readonly kind: AlertKind;
  readonly since: Date;
  readonly value: number;
  readonly threshold: number;
}

/** Everything that is needed to assess one account. */
export interface AccountHealth extends Account {
  readonly now: number;
  readonly counts: readonly MinuteCounts[];
  readonly alerts: readonly AccountAlert[];
}

/** Groups are written in one order, so that two processes do not wait for each other. Deleted tenants have no minutes. */
const ADD = `
  INSERT INTO provider_minutes AS m
    (tenant_id, provider, integration, minute, calls, failures, slow, durations, limit_used)
  SELECT g.tenant_id, g.provider, g.integration, date_trunc('minute', puente_now()), g.calls, g.failures, g.slow,
         g.durations, g.limit_used
  FROM jsonb_to_recordset($1::jsonb) AS g(tenant_id uuid, provider text, integration text, calls int, failures int,
         slow int, durations int[], limit_used real)
  WHERE EXISTS (SELECT FROM tenants t WHERE t.id = g.tenant_id AND t.status <> 'deleted')
  ORDER BY 1, 2, 3
  ON CONFLICT (tenant_id, provider, integration, minute) DO UPDATE SET
    calls = m.calls + excluded.calls, failures = m.failures + excluded.failures, slow = m.slow + excluded.slow,
    durations = ARRAY(SELECT coalesce(a, 0) + coalesce(b, 0)
                      FROM unnest(m.durations, excluded.durations) WITH ORDINALITY AS u(a, b, n) ORDER BY n),
    limit_used = greatest(m.limit_used, excluded.limit_used)`;

const LOOK_BACK = `puente_now() - make_interval(mins => ${String(MINUTES_LOOKED_AT + 1)})`;

/** @returns the columns both readers share, for accounts of the FROM that follows */
const HEALTH = `
  SELECT a.tenant_id AS "tenantId", a.provider, a.integration,
    floor(extract(epoch FROM puente_now()) / 60)::int AS now,
    coalesce((SELECT jsonb_agg(jsonb_build_object('minute', floor(extract(epoch FROM m.minute) / 60), 'calls', m.calls,
        'failures', m.failures, 'slow', m.slow, 'durations', m.durations, 'limitUsed', m.limit_used))
      FROM provider_minutes m WHERE (m.tenant_id, m.provider, m.integration) = (a.tenant_id, a.provider, a.integration)
        AND m.minute > ${LOOK_BACK}), '[]') AS counts,
    coalesce((SELECT jsonb_agg(jsonb_build_object('kind', r.kind, 'since', r.since, 'value', r.value,
        'threshold', r.threshold) ORDER BY r.since, r.kind)
      FROM provider_alerts r WHERE (r.tenant_id, r.provider, r.integration) = (a.tenant_id, a.provider, a.integration)),
      '[]') AS alerts`;

/** Accounts whose last minutes give any reason to look, by the lowest limits of all providers; and those with an alert. */
const SUSPECTS = `
  WITH a AS (
    SELECT tenant_id, provider, integration FROM provider_minutes
    WHERE minute > puente_now() - make_interval(mins => $1)
    GROUP BY 1, 2, 3
    HAVING sum(calls) >= $2 AND (sum(slow) * 100 > sum(calls) * (100 - $3) OR sum(failures) * 100 > sum(calls) * $4
           OR max(limit_used) > $5)
    UNION SELECT tenant_id, provider, integration FROM provider_alerts)
  ${HEALTH} FROM a ORDER BY 1, 2, 3`;

const OF_TENANT = `
  WITH a AS (
    SELECT DISTINCT tenant_id, provider, integration FROM provider_minutes WHERE minute > ${LOOK_BACK}
    UNION SELECT tenant_id, provider, integration FROM provider_alerts)
  ${HEALTH} FROM a`;

const RAISE = `
  INSERT INTO provider_alerts AS r (tenant_id, provider, integration, kind, since, value, threshold)
  SELECT $1::uuid, $2, $3, $4, puente_now(), $5::real, $6::real
  WHERE EXISTS (SELECT FROM tenants t WHERE t.id = $1::uuid AND t.status <> 'deleted')
  ON CONFLICT (tenant_id, provider, integration, kind) DO UPDATE SET value = excluded.value, threshold = excluded.threshold
  RETURNING (xmax = 0) AS raised`;

const CLEAR = `
  DELETE FROM provider_alerts WHERE tenant_id = $1 AND provider = $2 AND integration = $3 AND kind = $4
  RETURNING since`;

/** Hours are kept for whoever looks at the table; the alerts need minutes. */
const KEPT = `interval '2 hours'`;
const FORGET_MINUTES = `
  DELETE FROM provider_minutes WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM provider_minutes WHERE minute < puente_now() - ${KEPT} LIMIT $1))`;
const FORGET_COUNTERS = `
  DELETE FROM rate_limits WHERE expire < (extract(epoch FROM puente_now() - ${KEPT}) * 1000)::bigint`;
const FORGET_AT_ONCE = 10_000;

interface HealthRow extends Account {
  readonly now: number;
  readonly counts: readonly MinuteCounts[];
  readonly alerts: readonly (Omit<AccountAlert, keyof Account | 'since'> & { readonly since: string })[];
}

/** The counts and alerts of all tenants' accounts. */
@Injectable()
export class HealthStore {
  constructor(private readonly database: DispatchDatabase) {}

  async add(counts: readonly AccountCounts[]): Promise<void> {
    const rows = counts.map(({ tenantId, limitUsed, ...rest }) => ({
      tenant_id: tenantId,
      limit_used: limitUsed,
      ...rest,
    }));
    await this.database.query(ADD, [JSON.stringify(rows)]);
  }

  /** @param least `percentile`, `errorPercent` and `limitUsedPercent` below which nobody has an alert */
  async suspects(least: {
    readonly minutes: number;
    readonly calls: number;
    readonly percentile: number;
    readonly errorPercent: number;
    readonly limitUsedPercent: number;
  }): Promise<AccountHealth[]> {
    const params = [least.minutes, least.calls, least.percentile, least.errorPercent, least.limitUsedPercent];
    return (await this.database.query<HealthRow>(SUSPECTS, params)).map(healthOf);
  }

  /** @param tx of the tenant: row-level security shows its rows alone */
  async ofTenant(tx: Queryable): Promise<AccountHealth[]> {
    return (await tx.query<HealthRow>(OF_TENANT)).map(healthOf);
  }

  /** @returns whether it is this call that raised it: in one process, of all that see the same */
  async raise(tx: Queryable, account: Account, { kind, value, threshold }: Breach): Promise<boolean> {
    const rows = await tx.query<{ raised: boolean }>(RAISE, [...idOf(account), kind, value, threshold]);
    return rows[0]?.raised ?? false;
  }

  /** @returns since when it was on; undefined: somebody else has cleared it */
  async clear(tx: Queryable, account: Account, kind: AlertKind): Promise<Date | undefined> {
    return (await tx.query<{ since: Date }>(CLEAR, [...idOf(account), kind]))[0]?.since;
  }

  /** What is too old for anything: a batch of minutes, and counters whose windows are long over. */
  async forget(): Promise<void> {
    await this.database.query(FORGET_MINUTES, [FORGET_AT_ONCE]);
    await this.database.query(FORGET_COUNTERS);
  }

  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    return this.database.transaction(work);
  }
}

function idOf({ tenantId, provider, integration }: Account): string[] {
  return [tenantId, provider, integration];
}

function healthOf({ tenantId, provider, integration, now, counts, alerts }: HealthRow): AccountHealth {
  const account = { tenantId, provider, integration };
  return {
    ...account,
    now,
    counts,
    alerts: alerts.map((alert) => ({ ...account, ...alert, since: new Date(alert.since) })),
  };
}
