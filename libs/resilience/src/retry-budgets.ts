import { Injectable } from '@nestjs/common';
import { Clock } from '@puente/kernel';
import type { LaneRef } from './ports/lane-store.port';

/** What the retries of a lane may cost, per process. */
export const RETRY_BUDGET = {
  /** What a first try pays in. So retries are at most a fifth of the traffic. */
  share: 0.2,
  /** What a lane begins with, and has at most: a few operations may fail without anybody counting. */
  reserve: 10,
  /** What time pays in, so that the last ones are repeated although nothing new comes. */
  perSecond: 0.2,
  /** Nobody waits for longer because of the budget alone. */
  longestWaitMs: 600_000,
} as const;

interface Account {
  /** Below zero: promised to retries that wait. */
  tokens: number;
  atMs: number;
}

/**
 * How much of a lane's traffic may be retries, in the manner of Finagle: first tries pay in, a retry that fails costs
 * one. A provider that is down gets a fifth more than it would without retries, and not a multiple; one that answers
 * gives back what its retry cost, so that a recovery is not held up.
 *
 * Each process keeps its own accounts: what holds for the traffic of each holds for their sum. Kept only while something
 * is owed; a lane in which nothing fails costs nothing. The probe of a half-open lane is the breaker's question and not
 * paid for here: there is at most one for each time the circuit opens.
 */
@Injectable()
export class RetryBudgets {
  private readonly accounts = new Map<string, Account>();

  constructor(private readonly clock: Clock) {}

  /** A call is tried for the first time. */
  paidIn(lane: LaneRef): void {
    this.add(lane, RETRY_BUDGET.share);
  }

  /** A retry was answered: it was no burden on a provider that is down. */
  refund(lane: LaneRef): void {
    this.add(lane, 1);
  }

  /** Pays for a retry now. @returns false when there is nothing left to pay it with */
  take(lane: LaneRef): boolean {
    const account = this.account(lane);
    if (account.tokens < 1) return false;
    account.tokens -= 1;
    return true;
  }

  /** Promises a retry that can wait. @returns how long it has to, until what is paid in by time alone would do */
  promise(lane: LaneRef): number {
    const account = this.account(lane);
    account.tokens -= 1;
    return Math.min(RETRY_BUDGET.longestWaitMs, (Math.max(0, -account.tokens) / RETRY_BUDGET.perSecond) * 1_000);
  }

  private add(lane: LaneRef, tokens: number): void {
    if (this.accounts.size === 0) return;
    const key = keyOf(lane);
    if (!this.accounts.has(key)) return;
    const account = this.account(lane);
    account.tokens += tokens;
    if (account.tokens >= RETRY_BUDGET.reserve) this.accounts.delete(key);
  }

  private account(lane: LaneRef): Account {
    const key = keyOf(lane);
    const atMs = this.clock.monotonicMs();
    const account = this.accounts.get(key) ?? { tokens: RETRY_BUDGET.reserve, atMs };
    const grown = account.tokens + ((atMs - account.atMs) / 1_000) * RETRY_BUDGET.perSecond;
    account.tokens = Math.min(RETRY_BUDGET.reserve, grown);
    account.atMs = atMs;
    this.accounts.set(key, account);
    return account;
  }
}

function keyOf({ tenantId, provider, laneKey }: LaneRef): string {
  return `${tenantId} ${provider} ${laneKey}`;
}
