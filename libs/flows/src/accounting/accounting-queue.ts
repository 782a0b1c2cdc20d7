import { Inject, Injectable } from '@nestjs/common';
import type { JsonValue } from '@puente/kernel';
import { uuidv7 } from '@puente/kernel';
import { OperationLedger } from '@puente/ledger';
import { stringifyExact } from '@puente/providers/odoo';
import { Sqs } from '@puente/providers/sqs';
import { InvalidFieldsError } from '@puente/tenancy';
import { AccountingQueueMissingError } from './accounting.errors';
import { readAttributes, writtenAttributes } from './message-attributes';
import { isObject, readMessageJson } from './message-json';
import { Unusable } from './unusable';

export const ACCOUNTING_QUEUE = Symbol('ACCOUNTING_QUEUE');

/** The queue of `ACC_MOVE_SQS_URL`, and whose it is; undefined when the installation has none. */
export interface AccountingQueueSettings {
  readonly tenantId: string;
  readonly queueUrl: string;
  readonly deadLetterUrl: string;
}

/** Writes into the queue of S0.3 and S0.4 what its producers always wrote there. */
@Injectable()
export class AccountingQueue {
  constructor(
    private readonly ledger: OperationLedger,
    private readonly sqs: Sqs,
    @Inject(ACCOUNTING_QUEUE) private readonly queue: AccountingQueueSettings | undefined,
  ) {}

  /**
   * @param text the request as it was sent: attributes in any of their shapes, and a body whose digits stay as they are
   * @returns the send's operation
   * @throws {AccountingQueueMissingError} @throws {InvalidFieldsError} @throws {IdempotencyKeyReusedError}
   */
  async send(tenantId: string, text: string, idempotencyKey?: string): Promise<string> {
    if (this.queue?.tenantId !== tenantId) throw new AccountingQueueMissingError();
    const given = readMessageJson(text);
    if (!isObject(given)) throw invalid('', 'the body cannot be read without losing digits, or uses a name with $');
    const attributes = readAttributes(isObject(given.attributes) ? given.attributes : {});
    if (attributes instanceof Unusable) throw invalid(attributes.path, attributes.problem);
    const written = writtenAttributes(attributes);
    for (const name of ['model', 'method'])
      if (written[name]?.type !== 'String')
        throw invalid(`attributes.${name}`, 'needed, as text: it chooses the route');
    const group = typeof given.groupId === 'string' ? given.groupId : 'accounting';
    const input = {
      queueUrl: this.queue.queueUrl,
      body: bodyText(given.body ?? {}),
      attributes: written,
      ...(this.queue.queueUrl.endsWith('.fifo') ? { groupId: group, deduplicationId: uuidv7() } : {}),
    };
    const claim = { route: 'POST /v1/accounting/messages', key: idempotencyKey ?? '', request: given };
    const idempotency = idempotencyKey === undefined ? undefined : claim;
    // Twice in the queue is one entry: the second message is nothing new.
    const options = { tenantId, onUnknown: 'resend', idempotency } as const;
    return (await this.ledger.acceptGrouped(this.sqs.prepare('sendMessage', input, options))).operationId;
  }
}

function bodyText(body: JsonValue): string {
  return typeof body === 'string' ? body : stringifyExact(body);
}

function invalid(path: string, message: string): InvalidFieldsError {
  return new InvalidFieldsError([{ path, message }]);
}
