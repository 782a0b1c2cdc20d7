import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import { release } from './fixtures';
import { PurchaseOperations } from './purchase-operations';
import { PurchaseSettings } from './purchase-settings';
import { RequestDecidedError, RequestNotFoundError, RequestNotPaidError } from './purchases.errors';
import type { Decision } from './result-mail';
import { lockRequest, type PurchaseRequest, setStatus } from './request-rows';
import { post } from './wallet-rows';

/** By whose word a request ends: another system's, that of its payment, or nobody paid it in time. */
export type DecidedBy = 'validation' | 'payment' | 'expiry';

export interface Verdict {
  readonly requestId: string;
  /** Where the word names one: another group's request is not found under ours. */
  readonly groupId?: string | undefined;
  readonly valid: boolean;
  readonly by: DecidedBy;
  /** What its user is told; without one, what `valid` says. */
  readonly told?: Decision | undefined;
}

export interface Decided {
  readonly request: PurchaseRequest;
  /** It had ended so before: nothing was done. */
  readonly repeated: boolean;
}

/**
 * The end of a request, whoever says it. Under the lock of its row, so that units go back once and the wallet gets its
 * money back once, however often and from wherever a rejection comes.
 */
@Injectable()
export class RequestDecisions {
  constructor(
    private readonly settings: PurchaseSettings,
    private readonly operations: PurchaseOperations,
  ) {}

  /** @throws {RequestNotFoundError} {@link RequestDecidedError} {@link RequestNotPaidError} */
  async decide(tx: TenantTransaction, verdict: Verdict): Promise<Decided> {
    const { requestId, groupId, valid, by } = verdict;
    const row = await lockRequest(tx, requestId);
    if (!row || (groupId !== undefined && groupId !== row.groupId)) throw new RequestNotFoundError(requestId);
    const status = valid ? 'accepted' : 'rejected';
    if (row.status === status) return { request: row, repeated: true };
    if (row.status === 'accepted' || row.status === 'rejected') throw new RequestDecidedError(requestId, row.status);
    if (valid && by !== 'payment' && row.origin === 'internal' && !row.wallet) throw new RequestNotPaidError(requestId);
    await setStatus(tx, requestId, { status, decidedBy: by });
    if (!valid) await giveBack(tx, row);
    const request = { ...row, status } as const;
    await this.tell(tx, request, verdict);
    return { request, repeated: false };
  }

  /** The word of others is known to them; what we found out ourselves is ours to tell. */
  private async tell(tx: TenantTransaction, request: PurchaseRequest, { valid, by, told }: Verdict): Promise<void> {
    if (request.origin === 'external') return;
    const settings = await this.settings.of(tx);
    if (by !== 'validation') await this.operations.announceValidation(tx, request, valid, settings);
    await this.operations.mail(tx, request, told ?? (valid ? 'paid' : 'rejected'), settings);
  }
}

async function giveBack(
  tx: TenantTransaction,
  { requestId, fixtureId, quantity, ...row }: PurchaseRequest,
): Promise<void> {
  await release(tx, { fixtureId, quantity });
  if (row.wallet && row.userId !== null && row.origin === 'internal')
    await post(tx, { kind: 'refund', userId: row.userId, amount: row.amount, requestId });
}
