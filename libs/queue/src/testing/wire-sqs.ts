import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type MessageAttributeValue, SQSClient } from '@aws-sdk/client-sqs';

export interface WireMessage {
  readonly id: string;
  readonly body: string;
  readonly group: string;
  readonly attributes?: Record<string, MessageAttributeValue>;
  receives: number;
  visibleAt: number;
}

interface Input {
  readonly QueueUrl: string;
  readonly WaitTimeSeconds?: number;
  readonly MessageBody?: string;
  readonly MessageGroupId?: string;
  readonly MessageAttributes?: Record<string, MessageAttributeValue>;
  readonly Entries?: readonly Entry[];
}
interface Entry {
  Id: string;
  MessageBody?: string;
  MessageGroupId?: string;
  MessageAttributes?: Record<string, MessageAttributeValue>;
  ReceiptHandle: string;
  VisibilityTimeout?: number;
}

/**
 * Just enough of SQS's wire protocol (AWS JSON 1.0) for a consumer: queues in memory, one visibility timeout, order
 * inside a group. The real stand-in lies two ranks above this library; what it proves end to end is tested there.
 *
 * Its seconds may be short: those that consumers ask for (long polls, visibility), not those of its own timeout.
 */
export class WireSqs {
  readonly queues = new Map<string, WireMessage[]>();
  readonly calls: { readonly operation: string; readonly queue: string; readonly at: number }[] = [];
  /** Queues that answer 403. */
  readonly forbidden = new Set<string>();
  /** Queues that refuse a message with a certain attribute, as the real one refuses what is too large. */
  readonly refuseAttributes = new Set<string>();
  private server: Server | undefined;
  private ids = 0;

  constructor(private readonly secondMs = 1_000) {}

  async listen(port = 0): Promise<this> {
    const server = createServer((request, response) => void this.serve(request, response));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    this.server = server;
    return this;
  }

  async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    await new Promise<void>((resolve) => {
      if (!server) {
        resolve();
        return;
      }
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  get port(): number {
    return (this.server?.address() as AddressInfo).port;
  }

  url(name: string): string {
    return `http://127.0.0.1:${String(this.port)}/000000000000/${name}`;
  }

  client(): SQSClient {
    return new SQSClient({
      region: 'us-east-1',
      endpoint: `http://127.0.0.1:${String(this.port)}`,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    });
  }

  put(queue: string, body: string, group = '', attributes?: Record<string, MessageAttributeValue>): WireMessage {
    const id = `m-${String((this.ids += 1))}`;
    const message = { id, body, group, receives: 0, visibleAt: 0, ...(attributes ? { attributes } : {}) };
    this.in(queue).push(message);
    return message;
  }

  in(queue: string): WireMessage[] {
    const messages = this.queues.get(queue) ?? [];
    this.queues.set(queue, messages);
    return messages;
  }

  count(operation: string, queue: string): number {
    return this.calls.filter((call) => call.operation === operation && call.queue === queue).length;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const input = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Input;
    const queue = input.QueueUrl.split('/').at(-1) ?? '';
    this.calls.push({ operation, queue, at: performance.now() });
    const refused = this.forbidden.has(queue) ? 403 : this.refuses(operation, queue, input) ? 400 : undefined;
    const answer = refused ? { __type: 'Refused', message: 'no' } : await this.answer(operation, queue, input);
    response.writeHead(refused ?? 200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(answer));
  }

  private refuses(operation: string, queue: string, input: Input): boolean {
    return operation === 'SendMessage' && this.isTooLarge(queue, input);
  }

  private isTooLarge(queue: string, { MessageAttributes = {} }: Pick<Input, 'MessageAttributes'>): boolean {
    const names = Object.keys(MessageAttributes);
    return this.refuseAttributes.has(queue) && names.some((name) => name.startsWith('puente_'));
  }

  private async answer(operation: string, queue: string, input: Input): Promise<unknown> {
    switch (operation) {
      case 'ReceiveMessage':
        return { Messages: await this.receive(queue, input.WaitTimeSeconds ?? 0) };
      case 'DeleteMessageBatch':
        return { Successful: this.each(queue, input, (list, at) => void list.splice(at, 1)) };
      case 'ChangeMessageVisibilityBatch':
        return {
          Successful: this.each(queue, input, (list, at, entry) => {
            const message = list[at];
            if (message) message.visibleAt = performance.now() + Number(entry.VisibilityTimeout) * this.secondMs;
          }),
        };
      case 'SendMessageBatch':
        return this.sendBatch(queue, input.Entries ?? []);
      case 'SendMessage': {
        const { MessageBody = '', MessageGroupId = '', MessageAttributes = {} } = input;
        const { id, body } = this.put(queue, MessageBody, MessageGroupId, MessageAttributes);
        return { MessageId: id, MD5OfMessageBody: md5(body) };
      }
      default: {
        const all = this.in(queue);
        const hidden = all.filter(({ visibleAt }) => visibleAt > performance.now()).length;
        return {
          Attributes: {
            ApproximateNumberOfMessages: String(all.length - hidden),
            ApproximateNumberOfMessagesNotVisible: String(hidden),
          },
        };
      }
    }
  }

  private sendBatch(queue: string, entries: readonly Entry[]): unknown {
    const [good, bad] = [false, true].map((large) =>
      entries.filter((entry) => this.isTooLarge(queue, entry) === large),
    );
    const Successful = good?.map(({ Id, MessageBody = '', MessageGroupId, MessageAttributes }) => {
      const { id, body } = this.put(queue, MessageBody, MessageGroupId, MessageAttributes);
      return { Id, MessageId: id, MD5OfMessageBody: md5(body) };
    });
    return { Successful, Failed: bad?.map(({ Id }) => ({ Id, SenderFault: true, Code: 'InvalidParameterValue' })) };
  }

  private each(queue: string, input: Input, act: (list: WireMessage[], at: number, entry: Entry) => void): unknown[] {
    const list = this.in(queue);
    return (input.Entries ?? []).map((entry) => {
      const at = list.findIndex(({ id }) => entry.ReceiptHandle === id);
      if (at >= 0) act(list, at, entry);
      return { Id: entry.Id };
    });
  }

  private async receive(queue: string, waitSeconds: number): Promise<unknown[]> {
    const until = performance.now() + waitSeconds * this.secondMs;
    do {
      const taken = this.take(queue);
      if (taken.length > 0) return taken;
      await new Promise((resolve) => setTimeout(resolve, 10));
    } while (performance.now() < until && this.server);
    return [];
  }

  private take(queue: string): unknown[] {
    const now = performance.now();
    const all = this.in(queue);
    const locked = new Set(all.filter(({ visibleAt, group }) => group && visibleAt > now).map(({ group }) => group));
    const free = all.filter(({ visibleAt, group }) => visibleAt <= now && !locked.has(group)).slice(0, 10);
    return free.map((message) => {
      message.receives += 1;
      message.visibleAt = now + 20_000;
      return {
        MessageId: message.id,
        ReceiptHandle: message.id,
        Body: message.body,
        MD5OfBody: md5(message.body),
        ...(message.attributes ? { MessageAttributes: message.attributes } : {}),
        Attributes: {
          ApproximateReceiveCount: String(message.receives),
          SentTimestamp: String(Date.now() - 1_000),
          ...(message.group ? { MessageGroupId: message.group } : {}),
        },
      };
    });
  }
}

function md5(text: string): string {
  return createHash('md5').update(text, 'utf8').digest('hex');
}
