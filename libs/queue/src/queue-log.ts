import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '@puente/kernel';
import type { QueueBinding } from './queue-bindings.port';

const QUIET_MS = 10_000;

/** Every line about a queue. A queue that is down fails hundreds of times a second: each kind of trouble speaks every 10 s. */
@Injectable()
export class QueueLog {
  private readonly log = new Logger('Queues');
  private readonly spoken = new Map<string, { at: number; unsaid: number }>();

  constructor(private readonly clock: Clock) {}

  started(queue: string, tenantId: string | undefined): void {
    this.log.log({ event: 'queue.started', queue, tenantId }, 'Reading a queue');
  }

  stopped(queue: string): void {
    this.log.log({ event: 'queue.stopped', queue }, 'No longer reading a queue');
  }

  pollFailed(queue: string, error: unknown): void {
    this.seldom(`poll ${queue}`, (unsaid) =>
      this.log.warn(
        { event: 'queue.poll_failed', queue, unsaid, ...told(error) },
        'The queue does not answer; its messages wait there',
      ),
    );
  }

  pollRecovered(queue: string): void {
    this.spoken.delete(`poll ${queue}`);
    this.log.log({ event: 'queue.poll_recovered', queue }, 'The queue answers again');
  }

  batchFailed(queue: string, error: unknown): void {
    this.seldom(`batch ${queue}`, (unsaid) =>
      this.log.error(
        { event: 'queue.batch_failed', queue, unsaid, ...told(error) },
        'A batch could not be handled; the queue gives it back',
      ),
    );
  }

  clientFailed(queue: string, tenantId: string, error: unknown): void {
    this.seldom(`client ${queue}`, (unsaid) =>
      this.log.warn(
        { event: 'queue.client_failed', queue, tenantId, unsaid, ...told(error) },
        'The queue cannot be read with the credentials of its tenant; its messages wait there',
      ),
    );
  }

  bindingsFailed(error: unknown): void {
    this.seldom('bindings', (unsaid) =>
      this.log.warn(
        { event: 'queue.bindings_failed', unsaid, ...told(error) },
        'The list of queues cannot be read; the known ones go on',
      ),
    );
  }

  deadLettered(binding: QueueBinding, messageId: string, reason: string): void {
    this.log.warn(
      { event: 'message.dead_lettered', queue: binding.queueUrl, tenantId: binding.tenantId, messageId, reason },
      'A message was moved to the dead-letter queue',
    );
  }

  deadLetterFailed(binding: QueueBinding, messageId: string, error: unknown): void {
    this.seldom(`dead ${binding.deadLetterUrl}`, (unsaid) =>
      this.log.error(
        {
          event: 'message.dead_letter_failed',
          queue: binding.deadLetterUrl,
          tenantId: binding.tenantId,
          messageId,
          unsaid,
          ...told(error),
        },
        'The dead-letter queue did not take a message; it stays where it is',
      ),
    );
  }

  private seldom(kind: string, say: (unsaid: number) => void): void {
    const now = this.clock.monotonicMs();
    const last = this.spoken.get(kind);
    if (last && now - last.at < QUIET_MS) {
      last.unsaid += 1;
      return;
    }
    this.spoken.set(kind, { at: now, unsaid: 0 });
    say(last?.unsaid ?? 0);
  }
}

/** Name and message only: an SDK error carries the whole request. */
function told(error: unknown): { error: string; code?: string } {
  if (!(error instanceof Error)) return { error: String(error) };
  const { code } = error as { code?: unknown };
  return { error: error.message, code: typeof code === 'string' ? code : error.name };
}
