import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { boundQueue } from '../notification-queue.entity';
import { LetterSending } from './letter-sending';
import { advance, end, lockLive, nextLetters, progressOf, type RedriveCounts } from './redrive-rows';
import { Redrives } from './redrives';

const origin = { actor: 'system:worker' };

/**
 * What is to be done next for a redrive. `sending`: letters are left, or not all sends have ended. `sent`: look what the
 * dead-letter queue still holds. `over`: it has ended, or another worker is at it.
 */
export type RedriveStep =
  { readonly kind: 'sending' } | { readonly kind: 'over' } | { readonly kind: 'sent'; readonly everything: boolean };

/** One step of a redrive at a time: a killed worker leaves nothing half done, and the next one goes on from the rows. */
@Injectable()
export class RedriveSteps {
  constructor(
    private readonly database: TenantDatabase,
    private readonly sending: LetterSending,
    private readonly redrives: Redrives,
  ) {}

  /** Sends the letters whose turn it is. */
  async send(tenantId: string, id: string): Promise<RedriveStep> {
    return this.database.run(tenantId, async (tx): Promise<RedriveStep> => {
      const redrive = await lockLive(tx, id);
      if (!redrive) return { kind: 'over' };
      const queue = await boundQueue(tx);
      if (!queue) return this.fail(tx, id, 'no notification queue is bound any more');
      const { toSend, onTheWay } = await progressOf(tx, id);
      if (toSend + onTheWay === 0) return { kind: 'sent', everything: Object.keys(redrive.filter).length === 0 };
      // While the queue does not take them, no more than a second's worth is on the way: what waits is not sent all at once.
      const most = Math.max(0, Math.min(redrive.due, redrive.rate - onTheWay));
      const letters = most > 0 ? await nextLetters(tx, id, most) : [];
      await this.sending.sendAll(tx, letters, queue, id);
      await advance(tx, id, letters.length);
      return { kind: 'sending' };
    });
  }

  /** Ends it, unless letters have turned up meanwhile. @returns what came of it, when it has ended now */
  finish(tenantId: string, id: string): Promise<RedriveCounts | undefined> {
    return this.database.run(tenantId, async (tx) => {
      if (!(await lockLive(tx, id))) return undefined;
      const { toSend, onTheWay } = await progressOf(tx, id);
      if (toSend + onTheWay > 0) return undefined;
      const counts = await end(tx, id, 'done');
      await this.redrives.record(tx, origin, 'finished', id, { ...counts });
      return counts;
    });
  }

  /** It waits, and says what for. */
  async trouble(tenantId: string, id: string, problem: string): Promise<void> {
    await this.database.run(tenantId, (tx) =>
      tx.query(`UPDATE redrives SET problem = $3 WHERE tenant_id = $1 AND id = $2 AND state IN ('queued', 'running')`, [
        tenantId,
        id,
        problem,
      ]),
    );
  }

  private async fail(tx: TenantTransaction, id: string, problem: string): Promise<RedriveStep> {
    const counts = await end(tx, id, 'failed', problem);
    await this.redrives.record(tx, origin, 'failed', id, { ...counts, problem });
    return { kind: 'over' };
  }
}
