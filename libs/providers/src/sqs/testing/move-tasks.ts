import { randomUUID } from 'node:crypto';
import type { AwsOperation, SandboxServices } from '@puente/integrations/testing';
import { SystemClock } from '@puente/kernel';
import type { Queue } from './queue';
import type { QueueDirectory } from './queue-directory';
import { sqsOperation } from './queue-operations';
import { sqsError } from './sqs-wire.errors';
import * as wire from './sqs-wire.schemas';

interface TaskRow extends Record<string, unknown> {
  readonly handle: string;
  readonly source_arn: string;
  readonly destination: string | null;
  readonly rate: number | null;
  readonly status: string;
  readonly moved: string;
  readonly to_move: string;
  readonly started_at: Date;
  readonly failure_reason: string | null;
}

const CHUNK = 100;

/** Redriven messages are new messages to their queue: new id, new time, received never. */
const MOVE = `WITH chosen AS (
    SELECT m.seq, q.id AS target FROM sqs_messages m
      JOIN sqs_queues q ON format('arn:aws:sqs:%s:%s:%s', q.region, q.account, q.name) = coalesce($3, m.came_from)
     WHERE m.queue_id = $1 AND m.visible_at <= sandbox_now($4)
     ORDER BY m.seq LIMIT $2 FOR UPDATE OF m SKIP LOCKED),
  numbered AS (SELECT seq, target, nextval('sqs_message_seq') AS new_seq FROM chosen)
  UPDATE sqs_messages m
     SET queue_id = n.target, seq = n.new_seq, message_id = gen_random_uuid(), sent_at = sandbox_now($4),
         visible_at = sandbox_now($4), receive_count = 0, first_received_at = NULL, receipt = NULL, came_from = NULL
    FROM numbered n WHERE m.queue_id = $1 AND m.seq = n.seq RETURNING n.target`;

/** Message move tasks: a dead-letter queue is emptied into where its messages came from, or elsewhere, at a given pace. */
export class MoveTasks {
  private readonly time = new SystemClock();
  private readonly stopping = new AbortController();
  private readonly running = new Set<Promise<void>>();

  constructor(
    private readonly queues: QueueDirectory,
    private readonly services: SandboxServices,
  ) {}

  /** A task that a killed process left behind goes on. */
  async resume(): Promise<void> {
    const rows = await this.services.database.query<TaskRow>(`SELECT * FROM sqs_move_tasks WHERE status = 'RUNNING'`);
    for (const row of rows) this.run(row);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.running);
  }

  operations(): Record<string, AwsOperation> {
    return {
      StartMessageMoveTask: sqsOperation('StartMessageMoveTask', wire.StartMessageMoveTask, async (_call, input) => {
        const source = await this.queue(input.SourceArn, 'SourceArn');
        if ((await this.queues.sourcesOf(source)).length === 0) {
          throw sqsError('InvalidParameterValueException', 'Source queue must be configured as a Dead Letter Queue.');
        }
        if (input.DestinationArn !== undefined) await this.queue(input.DestinationArn, 'DestinationArn');
        const task = await this.begin(source, input.DestinationArn ?? null, input.MaxNumberOfMessagesPerSecond ?? null);
        this.run(task);
        return { output: { TaskHandle: task.handle } };
      }),
      CancelMessageMoveTask: sqsOperation(
        'CancelMessageMoveTask',
        wire.CancelMessageMoveTask,
        async (_call, { TaskHandle }) => {
          const rows = await this.services.database.query<TaskRow>(
            `UPDATE sqs_move_tasks SET status = 'CANCELLED' WHERE handle = $1 AND status = 'RUNNING' RETURNING *`,
            [TaskHandle],
          );
          if (!rows[0]) throw sqsError('ResourceNotFoundException', 'Task does not exist.');
          return { output: { ApproximateNumberOfMessagesMoved: Number(rows[0].moved) } };
        },
      ),
      ListMessageMoveTasks: sqsOperation('ListMessageMoveTasks', wire.ListMessageMoveTasks, async (_call, input) => {
        await this.queue(input.SourceArn, 'SourceArn');
        const rows = await this.services.database.query<TaskRow>(
          'SELECT * FROM sqs_move_tasks WHERE source_arn = $1 ORDER BY started_at DESC LIMIT $2',
          [input.SourceArn, Math.min(10, Math.max(1, input.MaxResults))],
        );
        return { output: { Results: rows.map(toResult) } };
      }),
    };
  }

  private async queue(arn: string, parameter: string): Promise<Queue> {
    const queue = await this.queues.byArn(arn);
    if (queue) return queue;
    throw sqsError(
      'ResourceNotFoundException',
      `The resource that you specified for the ${parameter} parameter doesn't exist.`,
    );
  }

  private async begin(source: Queue, destination: string | null, rate: number | null): Promise<TaskRow> {
    const rows = await this.services.database.query<TaskRow>(
      `INSERT INTO sqs_move_tasks (handle, source_arn, destination, rate, status, to_move, started_at)
       SELECT $1, $2, $3, $4, 'RUNNING', (SELECT count(*) FROM sqs_messages WHERE queue_id = $5), sandbox_now($6)
        WHERE NOT EXISTS (SELECT FROM sqs_move_tasks WHERE source_arn = $2 AND status = 'RUNNING') RETURNING *`,
      [randomUUID(), source.arn, destination, rate, source.id, this.queues.offsetMs],
    );
    if (rows[0]) return rows[0];
    throw sqsError(
      'InvalidParameterValueException',
      'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
    );
  }

  private run(task: TaskRow): void {
    const work = this.moveAll(task)
      .catch((error: unknown) => this.fail(task, error instanceof Error ? error.message : String(error)))
      // The database is away: the task stays RUNNING and the next start resumes it.
      .catch(() => undefined);
    this.running.add(work);
    void work.finally(() => this.running.delete(work));
  }

  private async moveAll(task: TaskRow): Promise<void> {
    const { database } = this.services;
    for (;;) {
      if (this.stopping.signal.aborted) return;
      const source = await this.queues.byArn(task.source_arn);
      if (!source) return this.fail(task, 'The source queue does not exist.');
      const size = Math.min(task.rate ?? CHUNK, CHUNK);
      const moved = await database.query(MOVE, [source.id, size, task.destination, this.queues.offsetMs]);
      const [after] = await database.query<{ status: string }>(
        'UPDATE sqs_move_tasks SET moved = moved + $2 WHERE handle = $1 RETURNING status',
        [task.handle, moved.length],
      );
      await this.queues.wakeAll();
      if (after?.status !== 'RUNNING') return;
      if (moved.length < size) return this.finish(task, source);
      if (task.rate !== null) await this.time.sleep((1_000 * size) / task.rate, this.stopping.signal);
    }
  }

  /** What has no way back (it was sent straight to the dead-letter queue) stays, and the task says so. */
  private async finish(task: TaskRow, source: Queue): Promise<void> {
    const stuck = await this.services.database.query(
      'SELECT 1 FROM sqs_messages WHERE queue_id = $1 AND came_from IS NULL AND $2::text IS NULL LIMIT 1',
      [source.id, task.destination],
    );
    if (stuck.length > 0) return this.fail(task, 'CouldNotDetermineMessageSource');
    await this.services.database.query(`UPDATE sqs_move_tasks SET status = 'COMPLETED' WHERE handle = $1`, [
      task.handle,
    ]);
  }

  private async fail(task: TaskRow, reason: string): Promise<void> {
    await this.services.database.query(
      `UPDATE sqs_move_tasks SET status = 'FAILED', failure_reason = $2 WHERE handle = $1 AND status = 'RUNNING'`,
      [task.handle, reason],
    );
  }
}

function toResult(row: TaskRow): Record<string, unknown> {
  return {
    ...(row.status === 'RUNNING' ? { TaskHandle: row.handle } : {}),
    Status: row.status,
    SourceArn: row.source_arn,
    ...(row.destination === null ? {} : { DestinationArn: row.destination }),
    ...(row.rate === null ? {} : { MaxNumberOfMessagesPerSecond: row.rate }),
    ApproximateNumberOfMessagesMoved: Number(row.moved),
    ApproximateNumberOfMessagesToMove: Number(row.to_move),
    ...(row.failure_reason === null ? {} : { FailureReason: row.failure_reason }),
    StartedTimestamp: row.started_at.getTime(),
  };
}
