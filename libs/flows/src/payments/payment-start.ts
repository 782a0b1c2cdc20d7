import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { uuidv7 } from '@puente/kernel';
import { OperationLedger } from '@puente/ledger';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateOutcomes } from './create-outcomes';
import type { PaymentRow } from './payment';
import { PaymentOperations } from './payment-operations';
import { findPaid, findPayment, findReusable, insertPayment, lockOrder, lockPayment } from './payment-rows';
import { recordEvent } from './payment-history';
import { PaymentAlreadyPaidError, PaymentNotOpenedError } from './payments.errors';
import { StartSupport } from './start-support';

/** Longer than a try at Webpay may take: a creation whose answer is lost charges nobody. */
const CREATE_WAIT_MS = 17_000;
const LOOK_EVERY_MS = 50;
/** Of base32: 16 letters are 80 bits, so that no two shops that share a commerce code ever meet. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const RANDOM_LETTERS = 16;

export interface StartPayment {
  /** The order, in the caller's own words: it is paid once. */
  readonly reference: string;
  /** Whole Chilean pesos. */
  readonly amount: number;
  /** Where a payer is sent in the end, with the payment's id and state. Left out: a page of ours says how it went. */
  readonly resultUrl?: string | undefined;
  /**
   * Where Webpay sends the payer instead of our own return address; whoever is there hands the parameters to
   * {@link PaymentsFlow.commitReturn}. At most 255 characters.
   */
  readonly returnUrl?: string | undefined;
  /** Which of the tenant's Webpay accounts. */
  readonly integration?: string | undefined;
  /** Begins the buy order, up to 9 letters, digits and hyphens: what people recognise it by at Transbank. */
  readonly buyOrderPrefix?: string | undefined;
}

export interface Attempt {
  readonly row: PaymentRow;
  /** It was begun by an earlier press of the button. */
  readonly reused: boolean;
}

/** Begins payments: the intent first, then the form. Pressing the button twice gives the same form (T26). */
@Injectable()
export class PaymentStart {
  constructor(
    private readonly database: TenantDatabase,
    private readonly ledger: OperationLedger,
    private readonly operations: PaymentOperations,
    private readonly outcomes: CreateOutcomes,
    private readonly reports: StartSupport,
  ) {}

  /** @throws {PaymentAlreadyPaidError} {@link PaymentNotOpenedError} what `IntegrationGateway.call` throws */
  async start(tenantId: string, wanted: StartPayment): Promise<Attempt> {
    const secret = randomBytes(16).toString('hex');
    const { row, reused } = await this.intent(tenantId, wanted, secret);
    if (reused) return this.opened(row, true);
    const returnUrl = wanted.returnUrl ?? `${this.reports.settings.baseUrl}/v1/webpay/return/${secret}`;
    try {
      await this.operations.create(row, returnUrl, CREATE_WAIT_MS);
    } catch (error) {
      await this.abandon(row);
      throw error;
    }
    return this.opened(await this.settled(row), false);
  }

  /** The advisory lock makes ten presses of the button one attempt, over all processes. */
  private intent(tenantId: string, wanted: StartPayment, secret: string): Promise<Attempt> {
    const { reference, amount, resultUrl = null, integration = 'default', buyOrderPrefix = 'pnt' } = wanted;
    const order = { reference, amount, integration, resultUrl };
    return this.database.run(tenantId, async (tx) => {
      await lockOrder(tx, reference);
      const paid = await findPaid(tx, reference);
      if (paid) throw new PaymentAlreadyPaidError(reference, paid.id);
      const { reuseMs, expireMs } = this.reports.settings;
      const fresh = await findReusable(tx, order, reuseMs);
      if (fresh) return { row: fresh, reused: true };
      const id = uuidv7();
      const [buyOrder, sessionId] = [`${buyOrderPrefix}-${randomLetters()}`, randomBytes(16).toString('hex')];
      await insertPayment(tx, { id, ...order, buyOrder, sessionId, expireMs, returnHash: returnHash(secret) });
      await recordEvent(tx, id, { type: 'payment.started', to: 'created', data: { amount, buyOrder } });
      const row = await findPayment(tx, id);
      if (!row) throw new Error('The payment was not written');
      return { row, reused: false };
    });
  }

  private settled({ tenantId, id }: PaymentRow): Promise<PaymentRow | undefined> {
    return this.database.run(tenantId, async (tx) => this.outcomes.settled(tx, await this.ledger.get(tx, id)));
  }

  /** It was never asked for: there is nothing to call with, or its row was refused. */
  private async abandon({ tenantId, id }: PaymentRow): Promise<void> {
    await this.database.run(tenantId, async (tx) => {
      const row = await lockPayment(tx, id);
      if (row) await this.reports.moves.move(tx, row, { event: 'not_opened', reason: 'create_not_made' });
    });
  }

  /** One that another press began may not have its form yet. */
  private async opened(attempt: PaymentRow | undefined, reused: boolean): Promise<Attempt> {
    const giveUpAt = performance.now() + CREATE_WAIT_MS;
    let row = attempt;
    while (reused && row?.state === 'created' && performance.now() < giveUpAt) {
      await sleep(LOOK_EVERY_MS);
      const { tenantId, id } = row;
      row = await this.database.run(tenantId, (tx) => findPayment(tx, id));
    }
    if (!row?.token) throw new PaymentNotOpenedError(row?.id ?? '', row?.reason ?? 'no answer yet');
    return { row, reused };
  }
}

/** What is kept of the secret in a return address. */
export function returnHash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function randomLetters(): string {
  return Array.from(randomBytes(RANDOM_LETTERS), (byte) => ALPHABET[byte % 32]).join('');
}
