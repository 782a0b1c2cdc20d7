import type { SandboxServices } from '@puente/integrations/testing';

interface DeliveryRow extends Record<string, unknown> {
  readonly id: string;
  readonly queue_arn: string;
  readonly request: Readonly<Record<string, unknown>>;
}

const RETRY_MS = 1_000;
const PAGE = 100;
const ANSWER_WITHIN_MS = 10_000;

/**
 * Carries messages to subscribed queues, over HTTP like any client of SQS, from a table that outlives the process.
 * In order, and one by one per queue: a FIFO topic's order must arrive as such. A queue that is gone is dropped, as
 * SNS does with a client error; anything else is tried again until it works.
 */
export class SqsDeliveries {
  private work: Promise<void> | undefined;
  private more = false;
  private retry: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(private readonly services: SandboxServices) {}

  /** There may be something to deliver. */
  kick(): void {
    if (this.stopped) return;
    this.more = true;
    this.work ??= this.run().finally(() => {
      this.work = undefined;
      if (this.more) this.kick();
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.retry);
    await this.work;
  }

  private async run(): Promise<void> {
    this.more = false;
    try {
      for (;;) {
        const rows = await this.services.database.query<DeliveryRow>(
          'SELECT * FROM sns_deliveries ORDER BY id LIMIT $1',
          [PAGE],
        );
        if (rows.length === 0 || this.stopped) return;
        const queues = new Set(rows.map(({ queue_arn }) => queue_arn));
        await Promise.all([...queues].map((arn) => this.deliver(rows.filter(({ queue_arn }) => queue_arn === arn))));
      }
    } catch {
      // The database or a queue did not answer: the rows are still there.
      if (this.stopped) return;
      clearTimeout(this.retry);
      this.retry = setTimeout(() => this.kick(), RETRY_MS);
      this.retry.unref();
    }
  }

  private async deliver(rows: readonly DeliveryRow[]): Promise<void> {
    for (const row of rows) {
      if (this.stopped) return;
      await this.send(row);
      await this.services.database.query('DELETE FROM sns_deliveries WHERE id = $1', [row.id]);
    }
  }

  /** Resolves when the queue has it, or never will. */
  private async send({ queue_arn: arn, request }: DeliveryRow): Promise<void> {
    const [, , , region = '', account = '', name = ''] = arn.split(':');
    const url = this.services.url();
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'AmazonSQS.SendMessage',
        authorization: `AWS4-HMAC-SHA256 Credential=SNSDELIVERY/20250101/${region}/sqs/aws4_request, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify({ QueueUrl: `${url}/${account}/${name}`, ...request }),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    await response.text();
    if (response.status >= 500 || response.status === 403 || response.status === 429) {
      throw new TypeError(`The queue ${arn} answered ${String(response.status)}.`);
    }
  }
}
