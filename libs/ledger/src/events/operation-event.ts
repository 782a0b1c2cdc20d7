import type { TenantTransaction } from '@puente/database';
import type { OperationState, OperationView } from '../operation';

/** States in which an operation has ended, for good or until a person acts (`needs_review`). */
export const ENDED_STATES = ['succeeded', 'rejected', 'exhausted', 'needs_review', 'cancelled', 'dropped'] as const;
export type EndedState = (typeof ENDED_STATES)[number] & OperationState;
export type OperationEventType = `operation.${EndedState}`;

/** What became of an operation. Delivered at least once: `id` stays the same when it comes again. */
export interface OperationEvent {
  readonly id: string;
  readonly type: OperationEventType;
  readonly at: Date;
  /** As it is at delivery: a review may have been resolved since. */
  readonly operation: OperationView;
}

/** Who wants to hear what. Every process of the installation subscribes the same consumers, whether it delivers or not. */
export interface OperationEventConsumer {
  /** Unique and lasting: events that were not delivered when the process stopped wait under it. */
  readonly name: string;
  readonly types: readonly OperationEventType[];
  /** Only of these providers. */
  readonly providers?: readonly string[] | undefined;
  /** Only of these operations, as `provider.operation`. */
  readonly operations?: readonly string[] | undefined;
}

/**
 * Takes a batch of one tenant's events over: writes in the given transaction, nothing outside. What it writes and that
 * they are delivered is one commit. When it throws, each of the batch is tried alone, and the one that fails again later;
 * an operation's later event waits for its earlier one, other operations' do not.
 */
export type OperationEventHandler = (tx: TenantTransaction, events: readonly OperationEvent[]) => Promise<void>;
