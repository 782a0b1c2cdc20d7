import type { SandboxServices } from '@puente/integrations/testing';
import type { Poll } from './long-polls';
import type { Queue } from './queue';
import type { QueueDirectory } from './queue-directory';
import { encodeHandle } from './receipt-handle';
import { queueDoesNotExist } from './sqs-wire.errors';
import type { MessageAttributes } from './sqs-wire.schemas';

/** A message as `sqs_receive` tells it. */
export interface Received {
  readonly seq: string;
  readonly receipt: string;
  readonly messageId: string;
  readonly body: string;
  readonly attributes: MessageAttributes | null;
  readonly systemAttributes: MessageAttributes | null;
  readonly groupId: string | null;
  readonly dedupId: string | null;
  readonly sender: string;
  readonly sentMs: number;
  readonly firstReceivedMs: number;
  readonly receiveCount: number;
  readonly cameFrom: string | null;
}

interface Claim {
  readonly moved: number;
  readonly messages?: readonly Received[];
  /** Without messages: when one becomes visible by the passing of time. */
  readonly nextMs?: number | null;
}

export interface ReceiveOrder {
  readonly max: number;
  readonly visibilitySeconds: number;
  readonly waitMs: number;
  readonly closed: AbortSignal;
}

/** Signals wake a poll in milliseconds; this is for what no signal announces. */
const LOOK_AGAIN_MS = 5_000;

/** Takes messages, waiting for them when asked to. */
export class MessageReceiver {
  private stopped = false;

  constructor(
    private readonly services: SandboxServices,
    private readonly queues: QueueDirectory,
  ) {}

  /** Polls end with what they have; used when the host stops. */
  stop(): void {
    this.stopped = true;
  }

  async receive(queue: Queue, order: ReceiveOrder): Promise<readonly Received[]> {
    const deadline = this.nowMs() + order.waitMs;
    const poll = queue.polls.join();
    try {
      return await this.poll(queue, order, deadline, poll);
    } finally {
      poll.leave();
    }
  }

  private async poll(queue: Queue, order: ReceiveOrder, deadline: number, poll: Poll): Promise<readonly Received[]> {
    for (;;) {
      if (queue.deleted) throw queueDoesNotExist();
      if (order.closed.aborted || this.stopped) return [];
      const { messages = [], nextMs } = await this.claim(queue, order);
      if (messages.length > 0) return messages;
      const remainingMs = deadline - this.nowMs();
      if (remainingMs <= 0) return [];
      const untilNextMs = nextMs === null || nextMs === undefined ? LOOK_AGAIN_MS : Math.max(1, nextMs);
      await poll.wait(Math.min(remainingMs, untilNextMs, LOOK_AGAIN_MS), order.closed);
    }
  }

  /** Moved by the control plane like every other time of SQS, so a long poll ends when its time is passed over. */
  private nowMs(): number {
    return performance.now() + this.queues.offsetMs;
  }

  /**
   * Makes a receive that nobody took undone: the messages are visible again, at the front, as if never received. What
   * an aborted long poll had in its hands would otherwise be late by a whole visibility timeout.
   */
  async giveBack(queue: Queue, messages: readonly Received[]): Promise<void> {
    await this.services.database.query(
      `UPDATE sqs_messages m
          SET visible_at = m.sent_at, receive_count = m.receive_count - 1, receipt = NULL,
              first_received_at = CASE WHEN m.receive_count > 1 THEN m.first_received_at END
         FROM json_to_recordset($2::json) AS r (seq bigint, receipt uuid)
        WHERE m.queue_id = $1 AND m.seq = r.seq AND m.receipt = r.receipt`,
      [queue.id, JSON.stringify(messages.map(({ seq, receipt }) => ({ seq, receipt })))],
    );
    queue.polls.wake(messages.length);
  }

  private async claim(queue: Queue, order: ReceiveOrder): Promise<Claim> {
    const policy = queue.redrivePolicy;
    const deadLetterQueue = policy ? await this.queues.byArn(policy.deadLetterTargetArn) : undefined;
    const query = async (): Promise<Claim> => {
      const rows = await this.services.database.query<{ claim: Claim }>(
        'SELECT sqs_receive($1, $2, $3, $4, $5, $6, $7, $8, $9) AS claim',
        [
          queue.id,
          queue.fifo,
          this.queues.offsetMs,
          order.max,
          order.visibilitySeconds,
          queue.number('MessageRetentionPeriod'),
          policy?.maxReceiveCount ?? null,
          deadLetterQueue?.id ?? null,
          queue.arn,
        ],
        { name: 'sqs-receive' },
      );
      return rows[0]?.claim ?? { moved: 0 };
    };
    const claim = queue.fifo ? await queue.inTurn(query) : await query();
    if (claim.moved > 0) deadLetterQueue?.polls.wake(claim.moved);
    return claim;
  }
}

export function handleOf(queue: Queue, message: Received): string {
  return encodeHandle({ queueId: queue.id, seq: message.seq, receipt: message.receipt });
}
