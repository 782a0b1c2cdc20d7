import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { Sqs } from '@puente/providers/sqs';
import { NotificationQueues } from '../notification-queues';
import { NotificationQueueUnusableError } from '../notifications.errors';
import type { DeadLetterCause } from './dead-letter-rows';

/** What a dead-letter queue holds, and what is recorded of it. */
export interface DeadLetterQueueState {
  readonly deadLetterQueueUrl: string;
  /** Messages in it; SQS calls its numbers approximate, and tells no ages. */
  readonly depth: number;
  /** Of them, in somebody's hands. */
  readonly inFlight: number;
  readonly waiting: number;
  readonly waitingByCause: Readonly<Partial<Record<DeadLetterCause, number>>>;
  readonly redriving: number;
  readonly oldestWaitingAt: Date | null;
  /** Messages that are in the queue again and will be deleted here. */
  readonly copiesToRemove: number;
  /** Messages of which nothing is recorded, at least: SQS put them there by itself. */
  readonly unrecorded: number;
  readonly redriveId: string | null;
}

type Recorded = Omit<DeadLetterQueueState, 'deadLetterQueueUrl' | 'depth' | 'inFlight' | 'unrecorded'>;

const ASKED = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
];

/** Dead-letter queues as AWS shows them, next to what we know of them: the difference is what SQS put there by itself. */
@Injectable()
export class DeadLetterQueues {
  constructor(
    private readonly database: TenantDatabase,
    private readonly queues: NotificationQueues,
    private readonly sqs: Sqs,
  ) {}

  /**
   * @throws {NotificationQueueNotFoundError}
   * @throws {NotificationQueueUnusableError} the queue does not answer
   * @throws {CredentialsUnavailableError}
   */
  async state(tenantId: string): Promise<DeadLetterQueueState> {
    const { deadLetterQueueUrl, integration } = await this.queues.get(tenantId);
    const input = { queueUrl: deadLetterQueueUrl, attributeNames: ASKED };
    const [answer, recorded] = await Promise.all([
      this.sqs.call('getQueueAttributes', input, { tenantId, integration }),
      this.recorded(tenantId),
    ]);
    if (answer.kind !== 'done') {
      const said = answer.kind === 'pending' ? undefined : (answer.failure.message ?? answer.failure.code);
      throw new NotificationQueueUnusableError('deadLetterQueueUrl', said ?? 'the queue did not answer');
    }
    const [visible = 0, inFlight = 0, delayed = 0] = ASKED.map((name) => Number(answer.output.attributes[name] ?? 0));
    const depth = visible + inFlight + delayed;
    const { waiting, redriving, copiesToRemove } = recorded;
    const unrecorded = Math.max(0, depth - waiting - redriving - copiesToRemove);
    return { deadLetterQueueUrl, depth, inFlight, ...recorded, unrecorded };
  }

  private recorded(tenantId: string): Promise<Recorded> {
    return this.database.run(tenantId, async (tx) => {
      const causes = await tx.query<{ cause: DeadLetterCause; letters: number; oldest: Date }>(
        `SELECT cause, count(*)::int AS letters, min(at) AS oldest FROM dead_letters
         WHERE tenant_id = $1 AND state = 'waiting' GROUP BY cause`,
        [tenantId],
      );
      const [others] = await tx.query<{ redriving: number; copiesToRemove: number; redriveId: string | null }>(
        `SELECT count(*) FILTER (WHERE state = 'redriving')::int AS redriving,
                count(*) FILTER (WHERE state IN ('redriven', 'obsolete') AND copy_removed_at IS NULL)::int AS "copiesToRemove",
                (SELECT id FROM redrives WHERE tenant_id = $1 AND state IN ('queued', 'running')) AS "redriveId"
         FROM dead_letters
         WHERE tenant_id = $1 AND (state = 'redriving' OR (state IN ('redriven', 'obsolete') AND copy_removed_at IS NULL))`,
        [tenantId],
      );
      const oldest = causes.map(({ oldest: at }) => at).sort((a, b) => a.getTime() - b.getTime())[0];
      return {
        waiting: causes.reduce((sum, { letters }) => sum + letters, 0),
        waitingByCause: Object.fromEntries(causes.map(({ cause, letters }) => [cause, letters])),
        oldestWaitingAt: oldest ?? null,
        redriving: others?.redriving ?? 0,
        copiesToRemove: others?.copiesToRemove ?? 0,
        redriveId: others?.redriveId ?? null,
      };
    });
  }
}
