import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Effect, readEffects } from '../provider/effect-log';
import { crashesOf, type Drained } from './nemesis';
import type { World } from './world';

export interface OperationRow {
  readonly id: string;
  readonly seq: string;
  readonly tenant_id: string;
  readonly operation: string;
  readonly effect: 'idempotent' | 'reconcilable' | 'once';
  readonly on_unknown: 'review' | 'resend' | 'drop';
  readonly state: string;
  readonly attempt: number;
  readonly crashes: number;
  readonly repeats: number;
  readonly maybe_sent: boolean;
  readonly failure: string | null;
  readonly order_key: string | null;
  readonly route_key: string | null;
}

export interface AttemptRow {
  readonly operation_id: string;
  readonly fence: string;
  readonly number: number;
  readonly mode: 'call' | 'reconcile';
  readonly owner: string;
  readonly outcome: string;
  readonly applied: boolean;
  readonly repeat: boolean;
  readonly excerpt: string | null;
  readonly started_at: string;
}

/** One committed change of an operation, as a trigger of the test's own saw it. */
export interface Change {
  readonly id: string;
  readonly old_state: string;
  readonly new_state: string;
  readonly old_fence: string;
  readonly new_fence: string;
  readonly owner: string | null;
  readonly was_settled: boolean;
}

export interface OrderRow {
  readonly id: string;
  readonly ref: string;
  readonly operation_id: string;
  readonly status: string;
  readonly told: number;
}

/** What is left to see of a run: at the stand-in, in the tables, at the processes. */
export interface LedgerEvidence {
  readonly effects: readonly Effect[];
  readonly operations: readonly OperationRow[];
  readonly attempts: readonly AttemptRow[];
  readonly changes: readonly Change[];
  readonly orders: readonly OrderRow[];
  /** Tries that were cut off although their process was only asked to go, by process. */
  readonly cutByDeploys: readonly string[];
  /** Tries that were taken from processes that lived, in runs where nothing but a death takes a lease. */
  readonly takenFromLiving: readonly string[];
}

export const LIVE = ['queued', 'running', 'unknown'] as const;

export function isLive(state: string): boolean {
  return (LIVE as readonly string[]).includes(state);
}

export async function gather(world: World, drained: readonly Drained[], leasesHold: boolean): Promise<LedgerEvidence> {
  const { postgres } = world;
  const attempts = await postgres.sql<AttemptRow>('SELECT * FROM attempts ORDER BY operation_id, fence, number');
  return {
    effects: readEffects(world.effectsFile),
    operations: await postgres.sql<OperationRow>(`SELECT * FROM operations WHERE provider = 'fault' ORDER BY seq`),
    attempts,
    changes: await postgres.sql<Change>('SELECT * FROM fault_history ORDER BY n'),
    orders: await postgres.sql<OrderRow>('SELECT * FROM fault_orders'),
    cutByDeploys: await cutBy(world, drained),
    takenFromLiving: leasesHold ? takenFromLiving(world, attempts) : [],
  };
}

/** How far the run is from its end. */
export async function unfinished({ postgres }: World): Promise<number> {
  const [row] = await postgres.sql<{ n: number }>(
    `SELECT count(*)::int AS n FROM operations WHERE state IN ('queued', 'running', 'unknown')
       OR (subscriber IS NOT NULL AND delivered_at IS NULL)`,
  );
  return row?.n ?? 0;
}

/** The requests that the stand-in saw, for the history of an operation. */
export function requestsOf({ dir }: World, ref: string): string[] {
  try {
    return readFileSync(path.join(dir, 'requests.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line.includes(`"${ref}"`));
  } catch {
    return [];
  }
}

async function cutBy(world: World, drained: readonly Drained[]): Promise<string[]> {
  const cut: string[] = [];
  for (const { life, unknownBefore } of drained) {
    if (life.exitCode === null) continue; // a poisoned call killed it while it drained
    const role = life.name.startsWith('api') ? 'api' : 'worker';
    const after = await crashesOf(world, role, life.pid);
    if (after > unknownBefore) cut.push(`${life.name} (${String(life.pid)}): ${String(after - unknownBefore)} tries`);
  }
  return cut;
}

function takenFromLiving({ lives }: World, attempts: readonly AttemptRow[]): string[] {
  const living = lives.filter(({ ending }) => ending === 'lives').map(({ pid }) => `:${String(pid)}:`);
  return attempts
    .filter(({ outcome, owner }) => outcome === 'crash' && living.some((pid) => owner.includes(pid)))
    .map(({ operation_id, fence, owner }) => `${operation_id} under fence ${fence} from ${owner}`);
}

/** What has not ended, for whoever looks for the cause. */
export async function statesOfStuck({ postgres }: World): Promise<unknown> {
  return postgres.sql(
    `SELECT o.effect, o.state, o.failure, o.blocked, o.crashes, o.subscriber IS NOT NULL AS flow, l.paused_by,
       l.open_until > puente_now() AS parked, count(*)::int AS n, min(o.id::text) AS first
     FROM operations o LEFT JOIN lanes l USING (tenant_id, provider, lane_key)
     WHERE o.state IN ('queued', 'running', 'unknown') OR (o.subscriber IS NOT NULL AND o.delivered_at IS NULL)
     GROUP BY 1, 2, 3, 4, 5, 6, 7, 8`,
  );
}
