import { CallDecisions } from '@puente/kernel';

/** Keeps what the interceptors decided, in order, as the names of the events and what they were told with. */
export class ToldDecisions extends CallDecisions {
  readonly told: (readonly [event: string, ...details: unknown[]])[] = [];

  get events(): string[] {
    return this.told.map(([event]) => event);
  }

  refusedTooLate = (_call: unknown, lateMs: number) => this.tell('refusedTooLate', lateMs);
  abortedAtDeadline = () => this.tell('abortedAtDeadline');
  waitedForQuota = (_call: unknown, quota: unknown) => this.tell('waitedForQuota', quota);
  deferredByQuota = (_call: unknown, quota: unknown) => this.tell('deferredByQuota', quota);
  deferredByLane = (_call: unknown, waitMs: number) => this.tell('deferredByLane', waitMs);
  deferredByBulkhead = (_call: unknown, waitMs: number) => this.tell('deferredByBulkhead', waitMs);
  quotaLow = (_call: unknown, quota: unknown) => this.tell('quotaLow', quota);
  retryScheduled = (_call: unknown, retry: unknown) => this.tell('retryScheduled', retry);
  retryGivenUp = (_call: unknown, failure: unknown, why: string) => this.tell('retryGivenUp', failure, why);
  timedOut = (_call: unknown, timeout: unknown) => this.tell('timedOut', timeout);
  quotaStoreLost = (error: unknown) => this.tell('quotaStoreLost', error);
  quotaStoreBack = (awayMs: number) => this.tell('quotaStoreBack', awayMs);

  private tell(event: string, ...details: unknown[]): void {
    this.told.push([event, ...details]);
  }
}
