import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DispatchDatabase, TenantDatabase, type TenantTransaction } from '@puente/database';
import type { PaymentRow } from './payment';
import { PaymentChecks } from './payment-checks';
import { PaymentCommits } from './payment-commits';
import { recordEvent } from './payment-history';
import { findByBuyOrder, findByToken, findPayment, savePayment } from './payment-rows';
import { returnHash } from './payment-start';
import { isOpen } from './payment-states';
import { PaymentNotFoundError, PaymentReturnInvalidError } from './payments.errors';
import { ReturnSupport } from './return-support';
import { classifyReturn, type Returned, type ReturnParams } from './return-params';

const LOOK_EVERY_MS = 100;
const SECRET = /^[0-9a-f]{32}$/;

/**
 * Payers who come back from the form: once, several times, at once to several processes, or as somebody else. What they bring
 * says which question to ask; the answer is Webpay's (T13 to T17, T22 to T24).
 */
@Injectable()
export class PaymentReturns {
  constructor(
    private readonly dispatch: DispatchDatabase,
    private readonly database: TenantDatabase,
    private readonly commits: PaymentCommits,
    private readonly checks: PaymentChecks,
    private readonly support: ReturnSupport,
  ) {}

  /**
   * By our own return address, which names the tenant and the payment.
   *
   * @throws {PaymentNotFoundError} nobody was given such an address
   * @throws {PaymentReturnInvalidError} the parameters are no return of this payment
   */
  async atAddress(secret: string, params: ReturnParams): Promise<PaymentRow> {
    if (!SECRET.test(secret)) throw new PaymentNotFoundError('with this return address');
    const [found] = await this.dispatch.query<{ tenantId: string; id: string }>(
      `SELECT tenant_id AS "tenantId", id FROM payments WHERE return_hash = $1`,
      [returnHash(secret)],
    );
    if (!found) throw new PaymentNotFoundError('with this return address');
    return this.handle(found.tenantId, params, (tx) => findPayment(tx, found.id));
  }

  /** By what the parameters themselves name, for return addresses of other flows. @throws as above */
  async ofTenant(tenantId: string, params: ReturnParams): Promise<PaymentRow> {
    const returned = classifyReturn(params);
    if (returned.kind === 'invalid') throw new PaymentReturnInvalidError();
    return this.handle(tenantId, params, (tx) =>
      returned.kind === 'timeout' ? findByBuyOrder(tx, returned.buyOrder) : findByToken(tx, returned.token),
    );
  }

  private async handle(
    tenantId: string,
    params: ReturnParams,
    find: (tx: TenantTransaction) => Promise<PaymentRow | undefined>,
  ): Promise<PaymentRow> {
    const returned = classifyReturn(params);
    const row = await this.database.run(tenantId, async (tx) => {
      const found = await find(tx);
      if (!found || !belongs(found, returned)) return undefined;
      await recordEvent(tx, found.id, { type: 'payer.returned', data: { kind: returned.kind, state: found.state } });
      return found;
    });
    this.support.metrics.returned(row ? returned.kind : 'invalid');
    if (!row) throw new PaymentReturnInvalidError();
    const after = (await this.answered(row, returned.kind)) ?? row;
    this.support.log.returned(tenantId, row.id, returned.kind, after.state);
    return after;
  }

  private answered(row: PaymentRow, kind: Returned['kind']): Promise<PaymentRow | undefined> | PaymentRow {
    const waitMs = this.support.settings.returnWaitMs;
    if (!isOpen(row.state)) return row;
    if (kind === 'normal') return this.committed(row, waitMs);
    if (row.state !== 'pending') return this.decided(row, waitMs);
    // A restored tab says nothing about the payer having left.
    const reason = kind === 'recovered' ? undefined : kind === 'timeout' ? 'form_expired' : 'payer_left';
    return this.checks.ask(
      ...[row.tenantId, row.id],
      async (tx, { row: now, answer }) => {
        if (reason === undefined || now.state !== 'pending') return now;
        if (answer === 'unfinished') return this.support.moves.move(tx, now, { event: 'abandoned', reason });
        // Whoever asks next ends it.
        return answer === 'unread' ? savePayment(tx, now.id, { reason }) : now;
      },
      waitMs,
    );
  }

  private async committed(row: PaymentRow, waitMs: number): Promise<PaymentRow | undefined> {
    const untilMs = performance.now() + waitMs;
    if (row.state === 'pending' && row.now >= row.expiresAt)
      return this.checks.ask(row.tenantId, row.id, async (tx, { row: now, answer }) =>
        answer === 'unfinished' ? this.support.moves.move(tx, now, { event: 'expired' }) : now,
      );
    const after = row.state === 'pending' ? await this.commits.commit(row.tenantId, row.id, waitMs) : row;
    return after?.state === 'committing' ? this.decided(after, untilMs - performance.now()) : after;
  }

  /** Somebody else commits it: their answer is ours. */
  private async decided(row: PaymentRow, waitMs: number): Promise<PaymentRow> {
    const giveUpAt = performance.now() + waitMs;
    let now = row;
    while (now.state === 'committing' && performance.now() < giveUpAt) {
      await sleep(LOOK_EVERY_MS);
      now = (await this.database.run(row.tenantId, (tx) => findPayment(tx, row.id))) ?? now;
    }
    return now;
  }
}

/** Whether the parameters can be this payment's own: a token of another order, or a forged session, is nobody's return. */
function belongs({ token, buyOrder, sessionId }: PaymentRow, returned: Returned): boolean {
  switch (returned.kind) {
    case 'normal':
    case 'recovered':
      return returned.token === token;
    case 'aborted':
      return returned.token === token && (returned.buyOrder ?? buyOrder) === buyOrder;
    case 'timeout':
      return returned.buyOrder === buyOrder && returned.sessionId === sessionId;
    case 'invalid':
      return false;
  }
}
