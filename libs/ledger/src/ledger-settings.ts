import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { policies } from '@puente/resilience';

/** How this process takes part. Durations in milliseconds; the module fills it from the configuration. */
export interface LedgerSettingsValues {
  /** How long a claimed operation belongs to its worker without a heartbeat. */
  readonly leaseMs: number;
  /** How often an idle dispatcher looks for due operations when no hint came. */
  readonly pollMs: number;
  /** The same while a queue tells it of everything that is due, so that it only looks for what was lost. */
  readonly safetyPollMs: number;
  /** How long an operation is due before whoever announced it to the queue is taken to have failed. */
  readonly lostAfterMs: number;
  /** How often results that nobody was told of are looked for. */
  readonly settlementPollMs: number;
  readonly sweepMs: number;
  readonly drainMs: number;
  /** Calls at a time. */
  readonly concurrency: number;
  /** Claimed in advance, so that a finished call is followed by the next one without a round trip. */
  readonly prefetch: number;
  /** Longest time one claim is kept alive: whoever takes longer is stuck, and the sweeper shall have it. */
  readonly maxHoldMs: number;
}

/** Leases, waits and sizes of the ledger, checked against one another once, at boot. */
export class LedgerSettings implements LedgerSettingsValues {
  readonly leaseMs: number;
  readonly pollMs: number;
  readonly safetyPollMs: number;
  readonly lostAfterMs: number;
  readonly settlementPollMs: number;
  readonly sweepMs: number;
  readonly drainMs: number;
  readonly concurrency: number;
  readonly prefetch: number;
  readonly maxHoldMs: number;
  /** Names this process in `lease_owner`, for people; the fence is what protects. */
  private readonly process = `${hostname()}:${String(process.pid)}:${randomBytes(3).toString('hex')}`;

  constructor(values: Partial<LedgerSettingsValues> = {}) {
    this.leaseMs = values.leaseMs ?? 30_000;
    this.pollMs = values.pollMs ?? 500;
    this.safetyPollMs = values.safetyPollMs ?? 60 * this.pollMs;
    this.lostAfterMs = values.lostAfterMs ?? 10 * this.pollMs;
    this.settlementPollMs = values.settlementPollMs ?? this.pollMs;
    this.sweepMs = values.sweepMs ?? 1_000;
    this.drainMs = values.drainMs ?? 25_000;
    this.concurrency = values.concurrency ?? 50;
    this.prefetch = values.prefetch ?? 2 * this.concurrency;
    this.maxHoldMs = values.maxHoldMs ?? Math.max(300_000, 4 * longestTimeoutMs());
  }

  get workerOwner(): string {
    return `worker:${this.process}`;
  }

  /** The prefix tells a repeat of the request that its first caller still waits (`FIND_FIRST_USES`). */
  get synchronousOwner(): string {
    return `api:${this.process}`;
  }
}

/** A lease that a call fits into: its timeout and a quarter more, for the way there and the settle. */
export function holdMsFor(timeoutMs: number): number {
  return Math.ceil(timeoutMs * 1.25) + 250;
}

function longestTimeoutMs(): number {
  return Math.max(...Object.values(policies).map(({ timeoutMs }) => timeoutMs));
}
