import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bodyOf, JsonClient } from '../../support/sandbox-client';
import { SandboxProcess } from '../../support/sandbox-process';
import { type ReadyTenant, SandboxTenant } from '../../support/sandbox-tenant';
import { until } from '../../support/sandbox-until';
import { depthOf, type Evidence, gather, hasEnded, notificationsOf } from './evidence';
import type { FaultPlan, Round } from './fault-plan';
import { FaultSender } from './fault-sender';
import { invariants } from './invariants';
import { Judged } from './judged';
import { Killer } from './killer';

/** Calls one worker has in flight at most; few, so that the bound on repeats means something. */
const CONCURRENCY = 16;
/** Shorter than in life: after a kill of the worker its calls wait this long. */
const LEASE_MS = 3_000;
/** SNS answers this late, after the effect: so that kills hit calls whose effect is there and whose answer is not. */
const SLOW_ANSWER_MS = 150;
const HEAL_WITHIN_MS = 180_000;

export interface Verdict {
  readonly name: string;
  readonly violations: readonly string[];
}

export interface FaultReport {
  readonly seed: number;
  readonly notifications: number;
  readonly killed: Readonly<Record<string, number>>;
  readonly requests: number;
  readonly repeats: number;
  readonly waitingForPerson: number;
  readonly attackMs: number;
  readonly healMs: number;
  readonly verdicts: readonly Verdict[];
}

/** One sandbox under attack: bursts of notifications, a kill in the middle of each, then peace, then the questions. */
export class FaultRun {
  private constructor(
    private readonly sandbox: SandboxProcess,
    private readonly tenant: ReadyTenant,
    private readonly sender: FaultSender,
    private readonly say: (line: string) => void,
  ) {}

  static async prepare(say: (line: string) => void): Promise<FaultRun> {
    const sandbox = await SandboxProcess.start({
      options: ['--lease-ms', String(LEASE_MS)],
      environment: { WORKER_CONCURRENCY: String(CONCURRENCY) },
    });
    try {
      const tenant = await SandboxTenant.createReady(sandbox.facts());
      const topics = {
        resend: tenant.topicArn,
        fifo: await tenant.createTopic(`${tenant.name}-fifo.fifo`),
        review: await tenant.createTopic(`${tenant.name}-review`),
      };
      bodyOf(
        await tenant.admin.put(`/v1/notifications/handlers/${encodeURIComponent(topics.review)}`, {
          onUnknown: 'review',
        }),
      );
      return new FaultRun(sandbox, tenant, new FaultSender(tenant, topics), say);
    } catch (error) {
      await sandbox.stop();
      throw error;
    }
  }

  get dataDir(): string {
    return this.sandbox.dataDir;
  }

  async attack({ seed, rounds }: FaultPlan): Promise<FaultReport> {
    const killer = new Killer(this.sandbox);
    const startedAt = performance.now();
    const sent: Promise<void>[] = [];
    for (const [place, round] of rounds.entries()) {
      await this.slowDown();
      if (round.recovered) await this.recovered();
      sent.push(...round.sendings.map((sending) => this.sender.send(sending)));
      await this.killDuring(round, killer);
      this.say(
        `${String(place + 1)}/${String(rounds.length)} killed ${round.victim}; ${String(this.sender.accepted.length)} accepted`,
      );
    }
    await Promise.all(sent);
    const attackMs = performance.now() - startedAt;
    const evidence = await this.heal();
    const judged = new Judged(this.sender.accepted, evidence, killer.cuttingKills * CONCURRENCY);
    const numbers = { attackMs: Math.round(attackMs), healMs: Math.round(performance.now() - startedAt - attackMs) };
    return this.report(seed, killer, judged, numbers);
  }

  /** Stops what runs; the data stay when somebody has to look at them. */
  async end({ keepData }: { readonly keepData: boolean }): Promise<void> {
    if (keepData) await this.sandbox.stop();
    else await this.sandbox.remove();
  }

  private async killDuring({ killAfterMs, pauseMs, victim }: Round, killer: Killer): Promise<void> {
    await sleep(killAfterMs);
    await killer.kill(victim);
    await sleep(pauseMs);
  }

  /** Forgotten by a stand-in that was started again, so ordered anew in every round. */
  private async slowDown(): Promise<void> {
    const order = async (): Promise<boolean> => {
      const control = new JsonClient(this.sandbox.facts().sandboxUrl);
      await control.delete('/_sandbox/sns/faults');
      return (
        (
          await control.post('/_sandbox/sns/faults', {
            operation: 'Publish',
            delayMs: SLOW_ANSWER_MS,
            times: 1_000_000,
          })
        ).status === 201
      );
    };
    await until(order, { withinMs: 60_000, what: 'the stand-ins answer' });
  }

  private async recovered(): Promise<void> {
    const { apiUrl, workerUrl = apiUrl } = this.sandbox.facts();
    const ready = async (): Promise<boolean> => {
      const answers = await Promise.all([apiUrl, workerUrl].map((url) => new JsonClient(url).get('/health/ready')));
      return answers.every(({ status }) => status === 200);
    };
    await until(ready, { withinMs: 60_000, everyMs: 200, what: 'API and worker are ready' });
  }

  private async heal(): Promise<Evidence> {
    const expected = this.sender.accepted.length;
    this.say(`peace; ${String(expected)} accepted, waiting until each has ended`);
    // A message that was taken but not deleted before a kill comes back after its visibility timeout, which may be
    // later than the end of its journey.
    const calm = async (): Promise<boolean> => {
      const rows = await notificationsOf(this.tenant);
      return (
        rows.length >= expected && rows.every(hasEnded) && (await depthOf(this.tenant, this.tenant.queueUrl)) === 0
      );
    };
    // Whatever did not end is said by the invariants, each with its name and state.
    await until(calm, {
      withinMs: HEAL_WITHIN_MS,
      everyMs: 1_000,
      what: 'all journeys end and the queue is empty',
    }).catch((error: unknown) => {
      this.say(String(error));
    });
    const evidence = await gather(this.tenant, this.sandbox.facts());
    writeFileSync(
      path.join(this.dataDir, 'evidence.json'),
      JSON.stringify({ accepted: this.sender.accepted, ...evidence }, null, 1),
    );
    return evidence;
  }

  private report(
    seed: number,
    killer: Killer,
    judged: Judged,
    times: Pick<FaultReport, 'attackMs' | 'healMs'>,
  ): FaultReport {
    const { accepted, surprises } = this.sender;
    const verdicts = [
      { name: 'clients got 202, 503 or no answer, and nothing else', violations: surprises },
      ...invariants.map(({ name, violations }) => ({ name, violations: violations(judged) })),
    ];
    return {
      seed,
      notifications: accepted.length,
      killed: killer.killed,
      requests: accepted.reduce((sum, { requests }) => sum + requests, 0),
      repeats: judged.repeated(['resend', 'foreign']).reduce((sum, effects) => sum + effects.length - 1, 0),
      waitingForPerson: judged.accepted.filter((sending) => judged.statusOf(sending) === 'needs_review').length,
      ...times,
      verdicts,
    };
  }
}
