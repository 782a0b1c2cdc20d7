import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { Clock } from '@puente/kernel';
import { DeadLetterSweep } from './dead-letter-sweep';
import { RedriveLog } from './redrive-log';
import { RedriveSteps } from './redrive-step';

/** How often it is looked for work, and how soon after some was found. */
const EVERY_MS = 500;
const SOON_MS = 100;
/** Between two looks at a dead-letter queue while its letters are being sent. */
const SWEEP_EVERY_MS = 2_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** Tenants worked for at once. */
const AT_ONCE = 10;

interface Work {
  readonly tenantId: string;
  /** Null when only copies are to be removed. */
  readonly redriveId: string | null;
}

interface Pause {
  readonly until: number;
  readonly waitMs: number;
}

/**
 * Carries out redrives and removes the copies of what is in the queue again, for all tenants. What is to be done stands in
 * the rows alone, so any number of workers may run one, and killing them loses nothing. A tenant whose queue gives trouble
 * waits by itself; a suspended one is left alone.
 */
@Injectable()
export class RedriveRunner implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private readonly busy = new Map<string, Promise<void>>();
  private readonly pauses = new Map<string, Pause>();
  private readonly sweptAt = new Map<string, number>();
  private running: Promise<void> | undefined;

  constructor(
    private readonly database: DispatchDatabase,
    private readonly steps: RedriveSteps,
    private readonly sweeps: DeadLetterSweep,
    private readonly clock: Clock,
    private readonly log: RedriveLog,
  ) {}

  onApplicationBootstrap(): void {
    this.running ??= this.loop();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await Promise.all(this.busy.values());
  }

  private async loop(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const found = await this.look().catch((error: unknown) => {
        this.log.waiting(undefined, undefined, told(error), EVERY_MS);
        return 0;
      });
      await this.clock.sleep(found > 0 ? SOON_MS : EVERY_MS, signal);
    }
  }

  /** Begins what is to be done. @returns for how many tenants there is something */
  private async look(): Promise<number> {
    const all = await this.database.query<Work>(
      `WITH live AS (SELECT tenant_id, id FROM redrives WHERE state IN ('queued', 'running')),
         spent AS (SELECT DISTINCT tenant_id FROM dead_letters
           WHERE state IN ('redriven', 'obsolete') AND copy_removed_at IS NULL AND tenant_id NOT IN (SELECT tenant_id FROM live))
       SELECT tenant_id AS "tenantId", due.id AS "redriveId"
       FROM (SELECT * FROM live UNION ALL SELECT tenant_id, NULL FROM spent) AS due
       JOIN tenants t ON t.id = tenant_id AND t.status = 'active'`,
    );
    const now = this.clock.monotonicMs();
    for (const work of all) {
      const { tenantId } = work;
      const pausing = now < (this.pauses.get(tenantId)?.until ?? 0);
      if (pausing || this.busy.has(tenantId) || this.busy.size >= AT_ONCE) continue;
      this.busy.set(
        tenantId,
        this.workFor(work).finally(() => this.busy.delete(tenantId)),
      );
    }
    return all.length;
  }

  private async workFor({ tenantId, redriveId }: Work): Promise<void> {
    try {
      const problem = redriveId === null ? await this.removeCopies(tenantId) : await this.redrive(tenantId, redriveId);
      if (problem === undefined) this.pauses.delete(tenantId);
      else await this.pause({ tenantId, redriveId }, problem);
    } catch (error) {
      await this.pause({ tenantId, redriveId }, told(error));
    }
  }

  /** @returns what is in the way */
  private async redrive(tenantId: string, redriveId: string): Promise<string | undefined> {
    const { signal } = this.stopping;
    const step = await this.steps.send(tenantId, redriveId);
    if (step.kind === 'over') return undefined;
    if (step.kind === 'sending') return this.removeSome(tenantId);
    const end = await this.sweeps.sweep({ tenantId, redriveId, everything: step.everything, deep: true, signal });
    if (end === 'incomplete') return HELD_BY_OTHERS;
    const counts = await this.steps.finish(tenantId, redriveId);
    if (counts) this.log.finished(tenantId, redriveId, counts);
    return undefined;
  }

  private async removeCopies(tenantId: string): Promise<string | undefined> {
    const { signal } = this.stopping;
    const end = await this.sweeps.sweep({ tenantId, everything: false, deep: true, signal });
    return end === 'incomplete' ? HELD_BY_OTHERS : undefined;
  }

  /** What is in reach, now and then: the rest follows when all letters are sent. */
  private async removeSome(tenantId: string): Promise<undefined> {
    const now = this.clock.monotonicMs();
    if (now - (this.sweptAt.get(tenantId) ?? now) < SWEEP_EVERY_MS) {
      if (!this.sweptAt.has(tenantId)) this.sweptAt.set(tenantId, now);
      return;
    }
    this.sweptAt.set(tenantId, now);
    await this.sweeps.sweep({ tenantId, everything: false, deep: false, signal: this.stopping.signal });
  }

  /** Longer each time, and said where an administrator looks. */
  private async pause({ tenantId, redriveId }: Work, problem: string): Promise<void> {
    if (this.stopping.signal.aborted) return;
    const waitMs = Math.min((this.pauses.get(tenantId)?.waitMs ?? FIRST_WAIT_MS / 2) * 2, LONGEST_WAIT_MS);
    this.pauses.set(tenantId, { until: this.clock.monotonicMs() + waitMs, waitMs });
    this.log.waiting(tenantId, redriveId ?? undefined, problem, waitMs);
    if (redriveId !== null) await this.steps.trouble(tenantId, redriveId, problem).catch(() => undefined);
  }
}

const HELD_BY_OTHERS =
  'not all messages of the dead-letter queue can be seen: somebody else has some in hand, or a worker was killed with them';

/** Name and message only: an SDK error carries the whole request. */
function told(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, 500);
}
