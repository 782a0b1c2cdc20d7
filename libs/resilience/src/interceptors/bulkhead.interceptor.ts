import { Injectable } from '@nestjs/common';
import {
  CallDecisions,
  type CallInterceptor,
  Clock,
  deferred,
  type NextCall,
  type Outcome,
  type ProviderCall,
} from '@puente/kernel';
import { policyNamed } from '../policies';
import { LaneStore } from '../ports/lane-store.port';

/** Before somebody who found no place asks again. */
const FULL_WAIT_MS = 1_000;

interface Compartment {
  running: number;
  /** Who waits for a place, first come first served: each is handed the place of one that ends. */
  readonly waiting: (() => void)[];
}

/**
 * Lets only so many calls of a lane be in flight in this process at a time, so that one whose provider hangs does not
 * take the sockets, the memory and the patience of all others. As many again may wait for a place, while their callers
 * do; who comes then is told to come back.
 *
 * For calls somebody waits for. Background calls were counted by their claim, over all processes.
 */
@Injectable()
export class BulkheadInterceptor implements CallInterceptor {
  private readonly compartments = new Map<string, Compartment>();

  constructor(
    private readonly lanes: LaneStore,
    private readonly clock: Clock,
    private readonly decisions: CallDecisions,
  ) {}

  async intercept(call: ProviderCall, next: NextCall): Promise<Outcome> {
    if (!call.waitsInProcess || call.mode === 'probe') return next(call);
    const key = `${call.tenantId} ${call.provider} ${call.laneKey}`;
    const compartment = this.compartments.get(key) ?? { running: 0, waiting: [] };
    this.compartments.set(key, compartment);
    if (!(await this.entered(compartment, call))) {
      this.decisions.deferredByBulkhead(call, FULL_WAIT_MS);
      return deferred('bulkhead', FULL_WAIT_MS);
    }
    try {
      return await next(call);
    } finally {
      this.leave(key, compartment);
    }
  }

  private entered(compartment: Compartment, call: ProviderCall): boolean | Promise<boolean> {
    const cap = Math.min(policyNamed(call.policy).inFlight, this.lanes.capOf(call) ?? Infinity);
    if (compartment.running < cap) {
      compartment.running += 1;
      return true;
    }
    return compartment.waiting.length < cap && this.handedPlace(compartment, call);
  }

  /** Waits until a place is handed over, or nobody waits for the call any more. */
  private async handedPlace(compartment: Compartment, call: ProviderCall): Promise<boolean> {
    const over = new AbortController();
    let handed = false;
    const take = (): void => {
      handed = true;
      over.abort();
    };
    const gone = (): void => over.abort();
    compartment.waiting.push(take);
    call.signal.addEventListener('abort', gone, { once: true });
    if (call.signal.aborted) gone();
    await this.clock.sleep(this.patienceMs(call), over.signal);
    over.abort();
    call.signal.removeEventListener('abort', gone);
    const at = compartment.waiting.indexOf(take);
    if (at >= 0) compartment.waiting.splice(at, 1);
    return handed;
  }

  private patienceMs({ deadlineMs }: ProviderCall): number {
    return deadlineMs === undefined ? FULL_WAIT_MS : Math.max(0, deadlineMs - this.clock.monotonicMs());
  }

  /** Hands the place to the one who waited longest, or frees it. */
  private leave(key: string, compartment: Compartment): void {
    const heir = compartment.waiting.shift();
    if (heir) return heir();
    compartment.running -= 1;
    if (compartment.running === 0) this.compartments.delete(key);
  }
}
