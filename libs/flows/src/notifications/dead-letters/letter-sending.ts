import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import { InvalidInputError } from '@puente/integrations';
import type { JsonObject } from '@puente/kernel';
import { type IdempotencyClaim, type NewOperation, OperationLedger } from '@puente/ledger';
import { NotificationContents } from '../notification-content';
import { NotificationOperations } from '../notification-operations';
import type { NotificationQueueEntity } from '../notification-queue.entity';
import type { DeadLetterState } from './dead-letter-rows';
import { DeadLetterUnsendableError } from './dead-letters.errors';

/** Lower goes first: fresh notifications do not wait for a thousand old ones. */
const NORMAL = 100;
const BULK = 200;

/** A letter that waits, locked, with the text of its message still sealed. */
export interface WaitingLetter {
  readonly id: string;
  readonly notificationId: string | null;
  readonly origin: 'api' | 'queue' | null;
  readonly groupId: string;
  readonly content: JsonObject;
}

/** Selects a {@link WaitingLetter} out of `dead_letters d LEFT JOIN notifications n`. */
export const WAITING_LETTER = `d.id, d.notification_id AS "notificationId", n.origin, d.group_id AS "groupId",
  coalesce(n.content, d.content) AS content`;

export interface LockedLetter extends WaitingLetter {
  readonly state: DeadLetterState;
  readonly redrives: number;
  readonly takenMessageId: string | null;
}

/** Until the transaction ends; whatever its state. */
export async function lockLetter(tx: TenantTransaction, id: string): Promise<LockedLetter | undefined> {
  const [letter] = await tx.query<LockedLetter>(
    `SELECT ${WAITING_LETTER}, d.state, d.redrives, d.taken_message_id AS "takenMessageId" FROM dead_letters d
       LEFT JOIN notifications n ON n.tenant_id = d.tenant_id AND n.id = d.notification_id
     WHERE d.tenant_id = $1 AND d.id = $2 FOR UPDATE OF d`,
    [tx.tenantId, id],
  );
  return letter;
}

/** A letter with its send, or why it cannot be sent. */
interface Prepared {
  readonly id: string;
  readonly operation?: NewOperation;
  readonly failure?: string;
}

/**
 * Sends letters back into the queue that is bound now, out of our own rows: the ledger makes each send once, with its
 * retries and after a kill, and nothing depends on what the dead-letter queue still shows.
 */
@Injectable()
export class LetterSending {
  constructor(
    private readonly ledger: OperationLedger,
    private readonly operations: NotificationOperations,
    private readonly contents: NotificationContents,
  ) {}

  /** For a redrive, in the order given. Those that cannot be sent say why and stay. @returns how many are on their way */
  async sendAll(
    tx: TenantTransaction,
    letters: readonly WaitingLetter[],
    queue: NotificationQueueEntity,
    redriveId: string,
  ): Promise<number> {
    const prepared = await Promise.all(letters.map((letter) => this.prepare(tx.tenantId, letter, queue, BULK)));
    const operations = prepared.flatMap(({ operation }) => (operation ? [operation] : []));
    await this.ledger.acceptAll(tx, operations);
    await markSending(tx, prepared, { queue, redriveId });
    return operations.length;
  }

  /**
   * One, at the request of a person. @returns whether it is on its way now: not when the request came before
   *
   * @throws {DeadLetterUnsendableError}
   * @throws {IdempotencyKeyReusedError}
   */
  async sendOne(
    tx: TenantTransaction,
    letter: WaitingLetter,
    queue: NotificationQueueEntity,
    idempotency?: IdempotencyClaim,
  ): Promise<boolean> {
    const prepared = await this.prepare(tx.tenantId, letter, queue, NORMAL);
    if (!prepared.operation) throw new DeadLetterUnsendableError(letter.id, prepared.failure ?? 'no reason given');
    const { kind } = await this.ledger.accept(tx, { ...prepared.operation, idempotency });
    if (kind === 'replayed') return false;
    await markSending(tx, [prepared], { queue });
    return true;
  }

  private async prepare(
    tenantId: string,
    letter: WaitingLetter,
    { queueUrl, integration }: NotificationQueueEntity,
    priority: number,
  ): Promise<Prepared> {
    const { id, notificationId, origin, groupId } = letter;
    const content = await this.open(tenantId, letter);
    if (!content) return { id, failure: 'its text can no longer be decrypted' };
    const step = {
      tenantId,
      letterId: id,
      group: groupId,
      ownNotificationId: origin === 'api' ? notificationId : null,
    };
    try {
      return {
        id,
        operation: this.operations.sendBack(step, { url: queueUrl, integration }, { ...content, priority }),
      };
    } catch (error) {
      if (error instanceof InvalidInputError) return { id, failure: error.message };
      throw error;
    }
  }

  private async open(tenantId: string, { id, notificationId, content }: WaitingLetter) {
    try {
      return notificationId === null
        ? await this.contents.open(tenantId, id, content, 'dead_letters')
        : await this.contents.open(tenantId, notificationId, content);
    } catch {
      return undefined; // one damaged row must not hold up the others
    }
  }
}

interface Sending {
  readonly queue: NotificationQueueEntity;
  readonly redriveId?: string;
}

async function markSending(
  tx: TenantTransaction,
  prepared: readonly Prepared[],
  { queue, redriveId }: Sending,
): Promise<void> {
  const given = prepared.map(({ id, operation, failure }) => ({ id, operationId: operation?.id, failure }));
  await tx.query(
    `UPDATE dead_letters AS d
     SET state = CASE WHEN failure IS NULL THEN 'redriving' ELSE state END, redrive_failure = failure,
         redrives = CASE WHEN failure IS NULL THEN redrives + 1 ELSE redrives END, redrive_queue_url = $4,
         redrive_operation_id = coalesce("operationId", redrive_operation_id), redrive_id = coalesce($3, redrive_id)
     FROM jsonb_to_recordset($2::jsonb) AS given (id uuid, "operationId" uuid, failure text)
     WHERE d.tenant_id = $1 AND d.id = given.id`,
    [tx.tenantId, JSON.stringify(given), redriveId ?? null, queue.queueUrl],
  );
}
