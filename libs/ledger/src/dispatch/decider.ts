import { Injectable } from '@nestjs/common';
import type { Outcome } from '@puente/kernel';
import { Metrics } from '@puente/observability';
import { laneVerdict, policyNamed, RetryBudgets } from '@puente/resilience';
import type { Counter } from 'prom-client';
import { LedgerTime } from '../ledger-time';
import { type Decision, decide } from '../state-machine';
import { type Settlement, withExtraTries } from './settlement';

export interface SettleContext {
  /** The database's clock, carried on monotonically since the claim. */
  readonly now: Date;
  readonly synchronous?: boolean;
}

/**
 * What becomes of an operation, by the table; and when its retry has no budget, later. The table says whether it may be
 * repeated, the budget of its lane how soon: a provider that is down gets no crowd of retries, and nothing is lost.
 */
@Injectable()
export class Decider {
  private readonly delayed: Counter<'provider'>;

  constructor(
    readonly time: LedgerTime,
    private readonly budgets: RetryBudgets,
    metrics: Metrics,
  ) {
    this.delayed = metrics.counter({
      name: 'puente_retries_delayed_total',
      help: 'Retries that wait longer because a fifth of the traffic to their provider are retries already.',
      labelNames: ['provider'],
    });
  }

  decide(settlement: Settlement, { now, synchronous = false }: SettleContext): Decision {
    const { operation, event, tries } = settlement;
    const context = { policy: policyNamed(operation.policy), random: this.time.random, now, synchronous };
    const decision = decide(withExtraTries(operation, tries), event, context);
    if (event.kind !== 'called') return decision;
    if (!synchronous) this.account(settlement, event.outcome);
    const repeats = decision.state === 'queued' && laneVerdict(event.outcome) === 'failed';
    return repeats ? this.spaced(settlement, decision) : decision;
  }

  /** Calls that somebody waited for were accounted by the chain, try by try. */
  private account({ operation }: Settlement, outcome: Outcome): void {
    if (operation.laneProbe) return;
    if (operation.attempt === 1) this.budgets.paidIn(operation);
    else if (laneVerdict(outcome) === 'answered') this.budgets.refund(operation);
  }

  private spaced({ operation }: Settlement, decision: Decision): Decision {
    const waitMs = this.budgets.promise(operation);
    if (waitMs <= decision.delayMs) return decision;
    this.delayed.inc({ provider: operation.provider });
    return { ...decision, delayMs: Math.round(waitMs) };
  }
}
