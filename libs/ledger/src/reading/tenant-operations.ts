import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import type { OperationState } from '../operation';
import { ABANDON, ABANDON_INTEGRATION, TELL_NOBODY, UNFINISHED } from '../sql/tenant-work';

/** Operations of one state that may have had an effect, and whose end nobody knows. */
export interface UnfinishedOperations {
  readonly state: OperationState;
  readonly count: number;
  /** The oldest ones, at most twenty. */
  readonly ids: readonly string[];
}

const PAGE = 1_000;

/** All of a tenant's operations at once, for the end of its life. */
@Injectable()
export class TenantOperations {
  /** What runs, what is unknown, what waits for a review, and what waits for a repeat of a try that may have been sent. */
  unfinished(tx: TenantTransaction): Promise<UnfinishedOperations[]> {
    return tx.query<UnfinishedOperations>(UNFINISHED);
  }

  /**
   * Ends what waits: cancelled when it certainly had no effect, else dropped. Nothing may run, and nothing may be claimed
   * any more: the tenant is deleted. A page of it; call again until it answers 0.
   */
  async abandon(tx: TenantTransaction): Promise<number> {
    const ended = (await tx.query(ABANDON, [PAGE])).length;
    if (ended === 0) await tx.query(TELL_NOBODY);
    return ended;
  }

  /**
   * Ends what waits for calls with an integration that was removed for good. A page of it; call again until it answers 0,
   * and once more later: a call that was in flight may come back to wait.
   */
  async abandonIntegration(tx: TenantTransaction, provider: string, integration: string): Promise<number> {
    return (await tx.query(ABANDON_INTEGRATION, [PAGE, provider, integration])).length;
  }
}
