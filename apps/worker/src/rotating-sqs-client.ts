import type { SQSClient } from '@aws-sdk/client-sqs';

/** A client, and which version of the credentials it was made from. */
export interface OpenedClient {
  readonly client: SQSClient;
  readonly version: string;
}

export interface Rotation {
  /** Whether an error says that the credentials were refused. */
  isRefusal(error: unknown): boolean;
  /** @returns a client of the active credentials, or undefined when `version` is still the active one */
  reopen(version: string): Promise<OpenedClient | undefined>;
}

type Send = (...args: unknown[]) => Promise<unknown>;

/** A client's own methods, before {@link RotatingSqsClient.over} puts itself in front of the first one's. */
interface Line {
  readonly version: string;
  readonly send: Send;
  readonly destroy: () => void;
}

/**
 * Reads a queue across a rotation. The supervisor looks for new credentials every few seconds; until then every poll,
 * and worse, every deletion of a handled message would be refused once the old key is withdrawn, and the message's group
 * would wait for the visibility timeout. So a refused request is made again at once when the credentials have changed:
 * a refusal proves that nothing happened.
 */
export class RotatingSqsClient {
  /** Those before the newest are kept for the requests they still have in hand. */
  private readonly older: Line[] = [];
  private reopening: Promise<Line | undefined> | undefined;
  private destroyed = false;

  private constructor(
    private newest: Line,
    private readonly rotation: Rotation,
  ) {}

  /** @returns the client itself, whose requests go through here from now on */
  static over(first: OpenedClient, rotation: Rotation): SQSClient {
    const rotating = new RotatingSqsClient(lineOf(first), rotation);
    const { client } = first;
    client.send = ((...args: unknown[]) => rotating.send(args)) as SQSClient['send'];
    client.destroy = () => rotating.destroy();
    return client;
  }

  private async send(args: unknown[]): Promise<unknown> {
    const used = this.newest;
    try {
      return await used.send(...args);
    } catch (error) {
      const renewed = this.rotation.isRefusal(error) ? await this.after(used) : undefined;
      if (!renewed) throw error;
      return renewed.send(...args);
    }
  }

  private destroy(): void {
    this.destroyed = true;
    for (const line of [...this.older, this.newest]) line.destroy();
  }

  /** Those refused together open one client together. */
  private async after(used: Line): Promise<Line | undefined> {
    if (this.newest !== used) return this.newest;
    this.reopening ??= this.reopen(used).finally(() => (this.reopening = undefined));
    return this.reopening;
  }

  private async reopen(used: Line): Promise<Line | undefined> {
    const opened = await this.rotation.reopen(used.version);
    if (!opened) return undefined;
    const line = lineOf(opened);
    if (this.destroyed) {
      line.destroy();
      return undefined;
    }
    this.older.push(used);
    this.newest = line;
    return line;
  }
}

function lineOf({ client, version }: OpenedClient): Line {
  return { version, send: client.send.bind(client) as Send, destroy: client.destroy.bind(client) };
}
