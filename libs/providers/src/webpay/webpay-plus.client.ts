import { HttpAnswerError, HttpUnansweredError } from '@puente/integrations';
import type { Reconciliation } from '@puente/kernel';
import { unknown } from '@puente/kernel';
import { WebpayPlus } from 'transbank-sdk';
import { captured, committed, refunded } from './reconciliation';
import { isFinal } from './transaction-verdict';
import { answerOf, WireCaptured, WireCreated, WireRefunded, WireTransaction } from './webpay-wire.schemas';
import type { WebpayCall, WebpayConnection } from './webpay-connection';
import { WebpayRefusedError } from './webpay.errors';
import type {
  Captured,
  CaptureTransaction,
  Created,
  CreateTransaction,
  Refunded,
  RefundTransaction,
  TokenRef,
  Transaction,
} from './webpay.schemas';

/** Webpay Plus over the SDK's own classes. Each method is one try, and sends one request unless it says otherwise. */
export class WebpayPlusClient {
  constructor(private readonly connection: WebpayConnection) {}

  async create(input: CreateTransaction, call: WebpayCall): Promise<Created> {
    const { buyOrder, sessionId, amount, returnUrl } = input;
    const sdk = this.sdk(call);
    this.connection.requireReturn(returnUrl);
    return this.created(answerOf(WireCreated, await sdk.create(buyOrder, sessionId, amount, returnUrl)));
  }

  /** Asks for the status as well when Webpay refuses for a reason that may mean "it is done". */
  async commit({ token }: TokenRef, call: WebpayCall): Promise<Transaction> {
    const sdk = this.sdk(call);
    return commitOrAsk(
      async () => answerOf(WireTransaction, await sdk.commit(token)),
      async () => answerOf(WireTransaction, await sdk.status(token)),
      ({ status }) => isFinal(status),
    );
  }

  async status({ token }: TokenRef, call: WebpayCall): Promise<Transaction> {
    return answerOf(WireTransaction, await this.sdk(call).status(token));
  }

  async refund({ token, amount }: RefundTransaction, call: WebpayCall): Promise<Refunded> {
    return refundOf(amount, await this.sdk(call).refund(token, amount));
  }

  async capture(input: CaptureTransaction, call: WebpayCall): Promise<Captured> {
    const { token, buyOrder, authorizationCode, amount } = input;
    return captureOf(amount, await this.sdk(call).capture(token, buyOrder, authorizationCode, amount));
  }

  async committed(input: TokenRef, call: WebpayCall): Promise<Reconciliation> {
    return committed(await this.status(input, call));
  }

  async refunded(input: RefundTransaction, call: WebpayCall): Promise<Reconciliation> {
    return refunded(await this.status(input, call), input);
  }

  async captured(input: CaptureTransaction, call: WebpayCall): Promise<Reconciliation> {
    return captured(await this.status(input, call), input);
  }

  private created(answer: Created): Created {
    return pageOf(this.connection, answer);
  }

  private sdk(call: WebpayCall) {
    return new WebpayPlus.Transaction(this.connection.options('plus', call));
  }
}

/** @throws {HttpUnansweredError} unknown(bad_body): the payer would be sent to somebody else's page */
export function pageOf(connection: WebpayConnection, answer: Created): Created {
  if (connection.isPage(answer.url)) return answer;
  throw new HttpUnansweredError(unknown('bad_body', { code: 'ANSWER_MISMATCH', message: 'url: is no page of Webpay' }));
}

/**
 * A 422 to a commit is not an answer by itself (T23): the same status says that the payer has not finished, that another
 * process is committing, and that it was committed long ago. `status` decides, at once where it can.
 */
export async function commitOrAsk<T>(
  commit: () => Promise<T>,
  ask: () => Promise<T>,
  isOver: (transaction: T) => boolean,
): Promise<T> {
  try {
    return await commit();
  } catch (error) {
    if (!(error instanceof HttpAnswerError) || !isUndecided(error)) throw error;
    const now = await ask().catch(() => undefined);
    if (now !== undefined && isOver(now)) return now;
    const { code = '422', message } = error.fault;
    // Webpay has said twice that nobody is charged, and a repeat would meet the same refusal.
    if (now !== undefined && NOT_CHARGED.has(code)) throw new WebpayRefusedError(code, message ?? code, error.status);
    throw new HttpUnansweredError(unknown('server_error', { code, status: error.status, message }));
  }
}

const NOT_CHARGED = new Set(['PAYER_NOT_FINISHED', 'TRANSACTION_ABORTED']);
const SAYS_NO = new Set<string | undefined>(['NOT_FOUND', 'API_MISMATCH', 'INVALID_PARAMETER', 'STATUS_EXPIRED']);

/** Also a text that nobody has published. */
function isUndecided({ status, fault }: HttpAnswerError): boolean {
  return status === 422 && !SAYS_NO.has(fault.code);
}

/**
 * Webpay can refuse a nullification with a 200 (T34).
 *
 * @throws {WebpayRefusedError} REFUND_REJECTED
 */
export function refundOf(amount: number, answer: unknown): Refunded {
  const refund: Refunded = answerOf(WireRefunded, answer);
  if (refund.responseCode !== undefined && refund.responseCode !== 0) {
    throw new WebpayRefusedError(
      'REFUND_REJECTED',
      `Response code ${String(refund.responseCode)}: nothing was refunded.`,
      200,
    );
  }
  requireAmount(amount, refund.nullifiedAmount);
  return refund;
}

/** @throws {WebpayRefusedError} CAPTURE_REJECTED */
export function captureOf(amount: number, answer: unknown): Captured {
  const capture = answerOf(WireCaptured, answer);
  if (capture.responseCode !== 0) {
    throw new WebpayRefusedError(
      'CAPTURE_REJECTED',
      `Response code ${String(capture.responseCode)}: nothing was captured.`,
      200,
    );
  }
  requireAmount(amount, capture.capturedAmount);
  return capture;
}

function requireAmount(wanted: number, done: number | undefined): void {
  if (done === undefined || done === wanted) return;
  const message = `amount: expected ${String(wanted)}, got ${String(done)}`;
  throw new HttpUnansweredError(unknown('bad_body', { code: 'ANSWER_MISMATCH', message }));
}
