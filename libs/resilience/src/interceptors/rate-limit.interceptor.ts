import { Injectable } from '@nestjs/common';
import {
  type AnswerHead,
  CallDecisions,
  type CallInterceptor,
  changedCall,
  Clock,
  deferred,
  type NextCall,
  type Outcome,
  type ProviderCall,
} from '@puente/kernel';
import { type CallQuota, CallQuotas } from '../ports/call-quotas.port';
import { type QuotaAdmission, QuotaLeases } from '../quota/quota-leases';

/** Added to the wait for a reset: the window ends a moment later in the store than this process may rely on. */
const AFTER_RESET_MS = 5;

/**
 * Calls no more often than the provider's quotas allow, all processes together (SYSTEMS S4.4, DESIGN §4). What is too
 * much is `deferred`: it waits in the process when the quota's reset comes before the caller's deadline, else in the
 * ledger, and costs no attempt. It stands outside the retry link: a retry of the provider's own 429 is not counted again.
 *
 * On the way back it reads what the answers say about limits; the provider's word wins over our count.
 */
@Injectable()
export class RateLimitInterceptor implements CallInterceptor {
  constructor(
    private readonly quotas: CallQuotas,
    private readonly leases: QuotaLeases,
    private readonly decisions: CallDecisions,
    private readonly clock: Clock,
  ) {}

  intercept(call: ProviderCall, next: NextCall): Promise<Outcome> {
    const quotas = this.quotas.of(call);
    return 'then' in quotas ? quotas.then((known) => this.within(known, call, next)) : this.within(quotas, call, next);
  }

  private within(quotas: readonly CallQuota[], call: ProviderCall, next: NextCall): Promise<Outcome> {
    const [first, ...others] = quotas;
    if (!first) return next(call);
    const listening = quotas.some(({ told }) => told)
      ? changedCall(call, { onAnswer: this.listener(call, quotas) })
      : call;
    const admission = others.length === 0 ? this.leases.admit(first) : undefined;
    // Nearly every call: one quota, and points of it in hand.
    if (admission && 'admitted' in admission && admission.admitted) {
      this.warnIfLow(first, call);
      return next(listening);
    }
    return this.whenAdmitted(quotas, listening, next, admission);
  }

  /** @param asked what the only quota has been asked for already */
  private async whenAdmitted(
    quotas: readonly CallQuota[],
    call: ProviderCall,
    next: NextCall,
    asked: QuotaAdmission | Promise<QuotaAdmission> | undefined,
  ): Promise<Outcome> {
    for (let first = asked; ; first = undefined) {
      const used = await this.firstUsedUp(quotas, first);
      if (!used) {
        for (const quota of quotas) this.warnIfLow(quota, call);
        return next(call);
      }
      const waitMs = used.resetsInMs + AFTER_RESET_MS;
      if (!this.mayWait(call, waitMs)) {
        const place = { limit: used.quota.name, waitMs: this.leases.placeInLine(used.quota) + AFTER_RESET_MS };
        this.decisions.deferredByQuota(call, place);
        return deferred('quota', place.waitMs);
      }
      this.decisions.waitedForQuota(call, { limit: used.quota.name, waitMs });
      await this.clock.sleep(waitMs, call.signal);
      if (call.signal.aborted) return deferred('quota', 0);
    }
  }

  /** Takes from all quotas or from none. Those that are not ours to enforce are counted and pass. */
  private async firstUsedUp(
    quotas: readonly CallQuota[],
    asked: QuotaAdmission | Promise<QuotaAdmission> | undefined,
  ): Promise<{ readonly quota: CallQuota; readonly resetsInMs: number } | undefined> {
    const taken: CallQuota[] = [];
    for (const quota of quotas) {
      const admission = await (asked ?? this.leases.admit(quota));
      if (admission.admitted) taken.push(quota);
      else if (quota.enforced) {
        for (const each of taken) this.leases.giveBack(each);
        return { quota, resetsInMs: admission.resetsInMs };
      }
    }
    return undefined;
  }

  private mayWait({ waitsInProcess, deadlineMs, signal }: ProviderCall, waitMs: number): boolean {
    if (!waitsInProcess || signal.aborted) return false;
    return deadlineMs === undefined || this.clock.monotonicMs() + waitMs < deadlineMs;
  }

  private warnIfLow(quota: CallQuota, call: ProviderCall): void {
    const low = this.leases.low(quota);
    if (low) this.decisions.quotaLow(call, low);
  }

  private listener(call: ProviderCall, quotas: readonly CallQuota[]): (head: AnswerHead) => void {
    return (head) => {
      for (const quota of quotas) {
        const word = quota.told?.(head);
        if (!word) continue;
        this.leases.observe(quota, word);
        this.warnIfLow(quota, call);
      }
    };
  }
}
