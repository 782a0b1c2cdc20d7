import type { SandboxServices } from '@puente/integrations/testing';
import type { AwsError } from '@puente/integrations/testing';
import { WriteBatcher } from '@puente/integrations/testing';
import type { Queue } from './queue';
import type { QueueDirectory } from './queue-directory';
import type { GivenHandle } from './receipt-handle';
import { invalidValue, sqsError } from './sqs-wire.errors';

export interface VisibilityChange extends GivenHandle {
  readonly seconds: number;
}

/** What a message was when its handle came back. */
interface Found {
  readonly done: boolean;
  readonly exists: boolean;
  readonly same_receipt: boolean;
}

const MAX_JOINED = 200;

const BEFORE = `LEFT JOIN sqs_messages m ON m.queue_id = $1 AND m.seq = i.seq`;

/** In a FIFO queue a handle is good only while its message is in flight; in a standard queue until the next receive. */
const DELETE = `WITH input AS (SELECT row_number() OVER () AS ord, r.* FROM json_to_recordset($2::json) AS r (seq bigint, receipt uuid)),
  gone AS (
    DELETE FROM sqs_messages m USING input i
     WHERE m.queue_id = $1 AND m.seq = i.seq AND m.receipt = i.receipt AND (NOT $4 OR m.visible_at > sandbox_now($3))
    RETURNING m.seq)
  SELECT g.seq IS NOT NULL AS done, m.seq IS NOT NULL AS exists, coalesce(m.receipt = i.receipt, false) AS same_receipt
    FROM input i LEFT JOIN gone g ON g.seq = i.seq ${BEFORE} ORDER BY i.ord`;

const CHANGE = `WITH input AS (
    SELECT row_number() OVER () AS ord, r.* FROM json_to_recordset($2::json) AS r (seq bigint, receipt uuid, seconds int)),
  changed AS (
    UPDATE sqs_messages m SET visible_at = sandbox_now($3) + i.seconds * interval '1 second' FROM input i
     WHERE m.queue_id = $1 AND m.seq = i.seq AND m.receipt = i.receipt AND m.visible_at > sandbox_now($3)
    RETURNING m.seq)
  SELECT c.seq IS NOT NULL AS done, m.seq IS NOT NULL AS exists, coalesce(m.receipt = i.receipt, false) AS same_receipt
    FROM input i LEFT JOIN changed c ON c.seq = i.seq ${BEFORE} ORDER BY i.ord`;

/** Ends or stretches the flight of messages. Deletes of concurrent consumers share a commit. */
export class MessageSettler {
  private readonly deletions = new WeakMap<Queue, WriteBatcher<GivenHandle, AwsError | undefined>>();

  constructor(
    private readonly services: SandboxServices,
    private readonly queues: QueueDirectory,
  ) {}

  /** @returns per handle, what AWS holds against it; `undefined` is success, also for a message long gone. */
  remove(queue: Queue, handles: readonly GivenHandle[]): Promise<(AwsError | undefined)[]> {
    let batcher = this.deletions.get(queue);
    if (!batcher) {
      batcher = new WriteBatcher((joined) => this.removeAll(queue, joined), { inFlight: 1, maxItems: MAX_JOINED });
      this.deletions.set(queue, batcher);
    }
    return batcher.add(handles);
  }

  async changeVisibility(queue: Queue, changes: readonly VisibilityChange[]): Promise<(AwsError | undefined)[]> {
    const rows = await this.services.database.query<Found & Record<string, unknown>>(
      CHANGE,
      [queue.id, JSON.stringify(changes), this.queues.offsetMs],
      { name: 'sqs-change-visibility' },
    );
    // Waiting polls know the old moment only.
    queue.polls.wake(changes.length);
    return rows.map((row, index) => {
      if (row.done) return undefined;
      if (row.same_receipt) return sqsError('MessageNotInflight', "The specified message isn't in flight.");
      const reason = 'Message does not exist or is not available for visibility timeout change.';
      return invalidValue('ReceiptHandle', changes[index]?.text ?? '', reason);
    });
  }

  private async removeAll(queue: Queue, handles: readonly GivenHandle[]): Promise<(AwsError | undefined)[]> {
    const rows = await this.services.database.query<Found & Record<string, unknown>>(
      DELETE,
      [queue.id, JSON.stringify(handles), this.queues.offsetMs, queue.fifo],
      { name: 'sqs-delete' },
    );
    // A deleted message may have been what kept its group locked.
    if (queue.fifo) queue.polls.wake(handles.length);
    return rows.map((row, index) => {
      const stale = queue.fifo && !row.done && row.exists;
      return stale
        ? invalidValue('ReceiptHandle', handles[index]?.text ?? '', 'The receipt handle has expired.')
        : undefined;
    });
  }
}
