import { Injectable, Logger } from '@nestjs/common';
import type { OperationState } from './operation';

interface About {
  readonly operationId: string;
  readonly tenantId?: string;
}

/** Every line the ledger writes: one method per event. Inputs, outputs and keys are in none of them. */
@Injectable()
export class LedgerLog {
  private readonly log = new Logger('Ledger');

  dispatcherStarted(fields: { readonly owner: string; readonly concurrency: number }): void {
    this.log.log(
      { event: 'dispatcher.started', ...fields },
      `Dispatching up to ${String(fields.concurrency)} calls at a time`,
    );
  }

  dispatcherDrained(fields: { readonly released: number; readonly abandoned: number; readonly tookMs: number }): void {
    const line = `Dispatcher stopped: ${String(fields.released)} operations given back, ${String(fields.abandoned)} left to their leases`;
    this.log.log({ event: 'dispatcher.drained', ...fields }, line);
  }

  databaseLost(what: string, error: unknown): void {
    this.log.warn(
      { event: 'database.lost', what, err: error },
      `PostgreSQL does not answer (${what}); trying until it does`,
    );
  }

  databaseBack(what: string, awayMs: number): void {
    this.log.log(
      { event: 'database.back', what, awayMs },
      `PostgreSQL answers again (${what}) after ${String(awayMs)} ms`,
    );
  }

  listenerLost(error: unknown): void {
    this.log.warn(
      { event: 'listener.lost', err: error },
      'Hints from other processes stopped; polling until they are back',
    );
  }

  dispatchQueueAway(what: 'send' | 'receive', error: unknown): void {
    const line = `The dispatch queue does not answer (${what}); workers look for due operations themselves until it does`;
    this.log.warn({ event: 'dispatch_queue.away', what, err: error }, line);
  }

  dispatchQueueBack(what: 'send' | 'receive'): void {
    this.log.log({ event: 'dispatch_queue.back', what }, `The dispatch queue answers again (${what})`);
  }

  noteKept(error: unknown): void {
    this.log.debug(
      { event: 'dispatch_queue.note_kept', err: error },
      'A message of the dispatch queue comes once more',
    );
  }

  notesLost(operations: number): void {
    const line = `${String(operations)} operations were due and nobody had heard of them; they are announced again`;
    this.log.warn({ event: 'dispatch_queue.resent', operations }, line);
  }

  leaseLost(fields: About & { readonly reason: 'taken' | 'held_too_long' }): void {
    this.log.warn(
      { event: 'lease.lost', ...fields },
      `Lost the lease of operation ${fields.operationId}; its call is aborted`,
    );
  }

  operationSwept(fields: About & { readonly state: OperationState; readonly crashes: number }): void {
    const line = `Operation ${fields.operationId} was held by a worker that stopped answering; it is ${fields.state} now`;
    this.log.warn({ event: 'operation.swept', ...fields }, line);
  }

  reviewNeeded(
    fields: About & { readonly provider: string; readonly operation: string; readonly failure: string | null },
  ): void {
    const line = `Operation ${fields.operationId} (${fields.provider}.${fields.operation}) needs a person: whether it happened is not known`;
    this.log.warn({ event: 'operation.review_needed', ...fields }, line);
  }

  lanePaused(fields: {
    readonly tenantId: string;
    readonly provider: string;
    readonly laneKey: string;
    readonly reason: string;
  }): void {
    const line = `Lane ${fields.provider}/${fields.laneKey} is paused: ${fields.reason}. Operations wait until it is resumed`;
    this.log.warn({ event: 'lane.paused', ...fields }, line);
  }

  lanesUntold(error: unknown): void {
    this.log.error({ event: 'lane.untold', err: error }, 'Lanes are paused, but operators could not be told of it');
  }

  settlementRefused(fields: About & { readonly state: OperationState }): void {
    const line = `The result (${fields.state}) of operation ${fields.operationId} came too late and was only noted`;
    this.log.warn({ event: 'settlement.refused', ...fields }, line);
  }

  settlementSpoiled(fields: About, error: unknown): void {
    const line = `The result of operation ${fields.operationId} could not be stored as it is; it goes to review`;
    this.log.error({ event: 'settlement.spoiled', ...fields, err: error }, line);
  }

  executorThrew(fields: About, error: unknown): void {
    const line = `The executor threw on operation ${fields.operationId}; the outcome counts as unknown`;
    this.log.error({ event: 'executor.threw', ...fields, err: error }, line);
  }

  payloadUnreadable(fields: About & { readonly column: 'input' | 'output' }, error: unknown): void {
    const line = `The ${fields.column} of operation ${fields.operationId} does not open`;
    this.log.error({ event: 'payload.unreadable', ...fields, err: error }, line);
  }

  keyMissing(fields: About, error: unknown): void {
    const line = `Operation ${fields.operationId} is left to other processes: this one lacks an encryption key`;
    this.log.error({ event: 'payload.key_missing', ...fields, err: error }, line);
  }

  outputUnsealed(fields: About, error: unknown): void {
    const line = `Operation ${fields.operationId} succeeded, but its output could not be encrypted and is lost`;
    this.log.error({ event: 'payload.unsealed', ...fields, err: error }, line);
  }

  deliveryFailed(fields: About & { readonly subscriber: string; readonly waitMs: number }, error: unknown): void {
    const line = `${fields.subscriber} could not take over settled operation ${fields.operationId}; again in ${String(fields.waitMs)} ms`;
    this.log.warn({ event: 'settlement.delivery_failed', ...fields, err: error }, line);
  }

  eventUndelivered(fields: About & { readonly consumer: string; readonly waitMs: number }, error: unknown): void {
    const line = `${fields.consumer} could not take over an event of operation ${fields.operationId}; again in ${String(Math.round(fields.waitMs))} ms`;
    this.log.warn({ event: 'operation_event.delivery_failed', ...fields, err: error }, line);
  }

  consumerFailing(fields: { readonly consumer: string; readonly waitMs: number }): void {
    const line = `${fields.consumer} fails on every operation event; its events wait for ${String(Math.round(fields.waitMs))} ms`;
    this.log.error({ event: 'operation_event.consumer_failing', ...fields }, line);
  }

  loopFailed(what: string, error: unknown): void {
    this.log.error({ event: 'loop.failed', what, err: error }, `${what} failed unexpectedly and goes on`);
  }
}
