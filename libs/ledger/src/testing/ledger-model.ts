import { type Outcome, type Random, ok, unknown } from '@puente/kernel';
import { policyNamed } from '@puente/resilience';
import { holdMsFor } from '../ledger-settings';
import type { NewOperation, OperationState } from '../operation';
import type { RunEvent } from '../run-event';
import { type DecidedOn, type Decision, decide, keyWindowClosed } from '../state-machine';
import { TRANSITIONS, isLive } from '../transitions';

export interface ModelRow extends DecidedOn {
  readonly state: OperationState;
  readonly fence: number;
  readonly sentAt: number | null;
  readonly leaseUntil: number | null;
  readonly dueAt: number;
}

type Given = Pick<NewOperation, 'effect' | 'onUnknown' | 'policy' | 'settleMs'> & {
  readonly keyWindowMs: number | null;
  readonly deadlineAt: Date | null;
};

interface Worker {
  readonly op: ModelRow;
  readonly leasedUntil: number;
  mayCall: 'no' | 'yes';
  localUntil: number;
  event?: RunEvent;
}

/** What the provider does with the next call, and what of it comes back. */
export type ProviderMood =
  | 'answers'
  | 'acts_answer_lost'
  | 'lost_on_the_way'
  | 'acts_late'
  | 'throttles'
  | 'unreachable'
  | 'rejects'
  | 'refuses_credentials'
  | 'breaks_after_acting'
  | 'evades';

export const LEASE_MS = 5_000;

/**
 * One operation in virtual time: the rows of the SQL as a few lines, any number of workers that crash, freeze and come
 * back, and a provider that keeps its own count of effects. The state machine under test is the real one.
 */
export class LedgerModel {
  now = 1_000_000;
  row: ModelRow;
  readonly broken: string[] = [];
  private readonly workers = new Map<number, Worker>();
  private readonly effectTimes: number[] = [];
  private lastEffectUnderKey: number | null = null;
  private pending: { readonly at: number }[] = [];

  constructor(
    private readonly given: Given,
    private readonly random: Random,
  ) {
    const counters = { attempt: 0, crashes: 0, repeats: 0, asks: 0, fence: 0 };
    const times = { firstSentAt: null, sentAt: null, leaseUntil: null, dueAt: this.now };
    this.row = { ...given, ...counters, ...times, mode: 'call', maybeSent: false, state: 'queued' };
  }

  get effects(): number {
    return this.effectTimes.length;
  }

  advance(ms: number): void {
    this.now += ms;
    for (const { at } of this.pending.filter((late) => late.at <= this.now)) this.act(at);
    this.pending = this.pending.filter((late) => late.at > this.now);
  }

  /** Unless it is far off: what waits for days has its own tests. */
  untilDue(): void {
    if (['queued', 'unknown'].includes(this.row.state))
      this.advance(Math.min(120_000, Math.max(0, this.row.dueAt - this.now)));
  }

  claim(worker: number): void {
    const { row } = this;
    if (this.workers.has(worker) || !['queued', 'unknown'].includes(row.state) || row.dueAt > this.now) return;
    const asking = row.state === 'unknown';
    this.become({
      ...row,
      state: 'running',
      mode: asking ? 'reconcile' : 'call',
      fence: row.fence + 1,
      attempt: row.attempt + (asking ? 0 : 1),
      sentAt: asking ? row.sentAt : null,
      leaseUntil: this.now + LEASE_MS,
    });
    this.workers.set(worker, {
      op: this.row,
      leasedUntil: this.now + LEASE_MS,
      mayCall: 'no',
      localUntil: this.now + LEASE_MS,
    });
  }

  /** Checks and marks; a frozen worker may call much later, or never. */
  prepare(name: number): void {
    const worker = this.workers.get(name);
    if (!worker || worker.event || worker.mayCall === 'yes') return;
    const { op } = worker;
    const policy = policyNamed(this.given.policy);
    if (op.mode === 'call' && op.deadlineAt !== null && this.now > op.deadlineAt.getTime())
      worker.event = { kind: 'deadline_passed' };
    else if (op.mode === 'call' && keyWindowClosed(op, this.now, policy)) worker.event = { kind: 'key_expired' };
    else if (needsMark(op)) this.mark(name, worker);
    else worker.mayCall = 'yes';
  }

  call(name: number, mood: ProviderMood): void {
    const worker = this.workers.get(name);
    if (!worker || worker.mayCall === 'no' || worker.event) return;
    const timeoutMs = needsMark(worker.op) ? policyNamed(this.given.policy).timeoutMs : 0;
    if (worker.localUntil - this.now <= timeoutMs) worker.event = { kind: 'released' };
    else
      worker.event = worker.op.mode === 'reconcile' ? this.ask(mood) : { kind: 'called', outcome: this.provider(mood) };
  }

  settle(name: number): void {
    const worker = this.workers.get(name);
    if (!worker?.event) return;
    this.workers.delete(name);
    const { op, event } = worker;
    const decision = decide(op, event, this.context());
    const held = this.row.fence === op.fence && this.row.state === 'running';
    const lateSuccess = decision.state === 'succeeded' && (isLive(this.row.state) || this.row.state === 'needs_review');
    if (held) this.become(applied(op, decision, this.now));
    else if (lateSuccess) this.become({ ...this.row, state: 'succeeded', leaseUntil: null });
  }

  /** What it was going to report dies with it; what it has sent is out. */
  crash(worker: number): void {
    this.workers.delete(worker);
  }

  sweep(): void {
    const { row } = this;
    if (row.state !== 'running' || (row.leaseUntil ?? Infinity) >= this.now) return;
    const unmarked = row.effect === 'idempotent' && row.keyWindowMs === null;
    const sent =
      row.mode === 'call' &&
      (unmarked || (row.effect === 'idempotent' ? row.firstSentAt !== null : row.sentAt !== null));
    const decision = decide(row, { kind: 'crashed', sent }, this.context());
    this.become({ ...applied(row, decision, this.now), fence: row.fence + 1 });
  }

  private mark(name: number, worker: Worker): void {
    const { row } = this;
    if (row.fence !== worker.op.fence || row.state !== 'running' || (row.leaseUntil ?? 0) <= this.now) {
      this.workers.delete(name); // the lease is lost: whoever has it decides
      return;
    }
    const holdMs = holdMsFor(policyNamed(this.given.policy).timeoutMs);
    const leaseUntil = Math.max(row.leaseUntil ?? 0, this.now + holdMs);
    this.row = { ...row, sentAt: this.now, firstSentAt: row.firstSentAt ?? new Date(this.now), leaseUntil };
    worker.localUntil = Math.max(worker.localUntil, this.now + holdMs);
    worker.mayCall = 'yes';
  }

  private provider(mood: ProviderMood): Outcome {
    switch (mood) {
      case 'answers':
        this.act(this.now);
        return ok({});
      case 'acts_answer_lost':
        this.act(this.now);
        return unknown('timeout');
      case 'breaks_after_acting':
        this.act(this.now);
        return unknown('server_error');
      case 'acts_late':
        this.pending.push({ at: this.now + this.given.settleMs * this.random.next() });
        return unknown('timeout');
      case 'lost_on_the_way':
        return unknown('reset');
      case 'throttles':
        return { kind: 'throttled', retryAfterMs: 1_500 };
      case 'unreachable':
        return { kind: 'not_sent', cause: 'connect' };
      case 'rejects':
        return { kind: 'rejected', status: 400 };
      case 'refuses_credentials':
        return { kind: 'unauthorized', status: 401 };
      case 'evades':
        return unknown('bad_body');
    }
  }

  private ask(mood: ProviderMood): RunEvent {
    if (mood === 'evades') return { kind: 'asked', answer: { kind: 'pending' } };
    if (mood !== 'answers' && mood !== 'acts_late') return { kind: 'ask_failed', outcome: unknown('timeout') };
    return { kind: 'asked', answer: this.effects > 0 ? { kind: 'applied', output: {} } : { kind: 'absent' } };
  }

  /** An idempotent provider remembers our key for its window, from the effect on. */
  private act(at: number): void {
    const { effect, keyWindowMs } = this.given;
    const last = this.lastEffectUnderKey;
    if (effect === 'idempotent' && last !== null && (keyWindowMs === null || at - last < keyWindowMs)) return;
    this.lastEffectUnderKey = at;
    this.effectTimes.push(at);
  }

  private context() {
    return { policy: policyNamed(this.given.policy), random: this.random, now: new Date(this.now) };
  }

  private become(next: ModelRow): void {
    const { row } = this;
    if (!TRANSITIONS[row.state].includes(next.state)) this.broken.push(`${row.state} became ${next.state}`);
    if (next.fence < row.fence) this.broken.push('the fence went back');
    this.row = next;
  }
}

function needsMark({ mode, effect, keyWindowMs, firstSentAt }: ModelRow): boolean {
  return mode === 'call' && (effect !== 'idempotent' || (keyWindowMs !== null && firstSentAt === null));
}

function applied(op: ModelRow, decision: Decision, now: number): ModelRow {
  const { state, maybeSent, repeats, crashes, asks } = decision;
  return {
    ...op,
    ...{ state, maybeSent, repeats, crashes, asks },
    attempt: decision.burnAttempt ? op.attempt : op.attempt - 1,
    firstSentAt: decision.forgetSent ? null : op.firstSentAt,
    sentAt: state === 'queued' ? null : op.sentAt,
    dueAt: now + decision.delayMs,
    leaseUntil: null,
  };
}
