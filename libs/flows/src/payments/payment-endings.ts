import { Injectable } from '@nestjs/common';
import { isLive, OperationLedger } from '@puente/ledger';
import type { PaymentRow } from './payment';
import { type CheckResult, PaymentChecks } from './payment-checks';
import { PaymentCommits } from './payment-commits';
import { PaymentMoves } from './payment-moves';
import { PaymentSettings } from './payment-settings';

const COMMIT_WAIT_MS = 15_000;

/** How a payment ends that nobody told us about: what one worker at a time does with it once it is due. */
@Injectable()
export class PaymentEndings {
  constructor(
    private readonly ledger: OperationLedger,
    private readonly checks: PaymentChecks,
    private readonly commits: PaymentCommits,
    private readonly moves: PaymentMoves,
    private readonly settings: PaymentSettings,
  ) {}

  /** The ledger knows more of a commit than we do: it ends it, or it asks Webpay itself. */
  async ofCommit(row: PaymentRow): Promise<void> {
    await this.commits.catchUp(row);
  }

  async ofUnknown(row: PaymentRow): Promise<void> {
    if (await this.ledgerIsAtIt(row)) return this.ofCommit(row);
    const decided = { again: false };
    await this.checks.ask(row.tenantId, row.id, async (tx, result) => {
      if (result.row.state !== 'unknown' || result.answer !== 'unfinished') return result.row;
      const since = result.row.now.getTime() - (result.row.commitBegunAt ?? result.row.createdAt).getTime();
      decided.again = since < this.settings.commitRetryMs;
      return decided.again || !isOver(result.row) ? result.row : this.moves.move(tx, result.row, { event: 'expired' });
    });
    if (decided.again) await this.commits.commit(row.tenantId, row.id, COMMIT_WAIT_MS);
  }

  /** Of one that waits for its payer, and of one that is over: money that turns up late. */
  async ofWaiting(row: PaymentRow): Promise<void> {
    await this.checks.ask(row.tenantId, row.id, async (tx, { row: now, answer }: CheckResult) => {
      // The payer is gone, and came back while nobody could ask.
      if (answer === 'unfinished' && now.state === 'pending' && now.reason !== null)
        return this.moves.move(tx, now, { event: 'abandoned', reason: now.reason });
      const silent = answer === 'unfinished' || answer === 'not_queryable' || answer === 'no_token';
      const ends = silent && isOver(now) && (now.state === 'pending' || now.state === 'created');
      return ends ? this.moves.move(tx, now, { event: 'expired' }) : now;
    });
  }

  private async ledgerIsAtIt({ tenantId, commitOperationId }: PaymentRow): Promise<boolean> {
    if (commitOperationId === null) return false;
    const operation = await this.ledger.get(tenantId, commitOperationId).catch(() => undefined);
    return operation !== undefined && isLive(operation.state);
  }
}

function isOver({ now, expiresAt }: PaymentRow): boolean {
  return now >= expiresAt;
}
