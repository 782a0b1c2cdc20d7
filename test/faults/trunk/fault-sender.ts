import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonClient } from '../../support/sandbox-client';
import type { ReadyTenant } from '../../support/sandbox-tenant';
import type { Kind, Sending } from './fault-plan';

const GIVE_UP_MS = 120_000;
const RETRY_MS = 250;

/** Somebody told us that it was accepted; from then on it must not be lost. */
export interface AcceptedSending extends Sending {
  /** By REST only: a foreign producer learns nothing of ours. */
  readonly id: string | undefined;
  /** How many requests it took. */
  readonly requests: number;
}

export interface FaultTopics {
  readonly resend: string;
  readonly fifo: string;
  readonly review: string;
}

/** Clients as they should be: whatever is not answered is asked again with the same key, until it is. */
export class FaultSender {
  readonly accepted: AcceptedSending[] = [];
  /** Answers that no client should have got. */
  readonly surprises: string[] = [];
  private readonly client: JsonClient;
  /** A group of a foreign producer is sent one after the other: that is the order it may rely on. */
  private readonly turns = new Map<string, Promise<void>>();

  constructor(
    private readonly tenant: ReadyTenant,
    private readonly topics: FaultTopics,
  ) {
    this.client = tenant.client;
  }

  topicOf(kind: Kind): string {
    return kind === 'foreign' ? this.topics.resend : this.topics[kind];
  }

  async send(sending: Sending): Promise<void> {
    if (sending.kind !== 'foreign') return this.repeat(sending, () => this.byRest(sending));
    const turn = (this.turns.get(sending.group) ?? Promise.resolve()).then(() =>
      this.repeat(sending, () => this.byQueue(sending)),
    );
    this.turns.set(sending.group, turn);
    return turn;
  }

  /** @param once one request; answers with the notification's id, '' where there is none, or undefined to be asked again */
  private async repeat(sending: Sending, once: () => Promise<string | undefined>): Promise<void> {
    const giveUpAt = performance.now() + GIVE_UP_MS;
    for (let requests = 1; performance.now() < giveUpAt; requests++) {
      const id = await once().catch(() => undefined);
      if (id !== undefined) {
        this.accepted.push({ ...sending, id: id === '' ? undefined : id, requests });
        return;
      }
      await sleep(RETRY_MS);
    }
    this.surprises.push(`${sending.key} found nobody who accepted it for ${String(GIVE_UP_MS / 1_000)} s`);
  }

  private async byRest({ kind, group, message, key }: Sending): Promise<string | undefined> {
    const body = { topic: this.topicOf(kind), subject: 'Aviso', message, group };
    const {
      status,
      body: answer,
      text,
    } = await this.client.post('/v1/notifications', body, { 'idempotency-key': key });
    if (status === 202) return (answer as { id: string }).id;
    if (status !== 503) this.surprises.push(`${key}: ${String(status)} ${text.slice(0, 300)}`);
    return undefined;
  }

  private async byQueue({ kind, group, message }: Sending): Promise<string> {
    const body = JSON.stringify({ sns_topic: this.topicOf(kind), subject: 'Aviso', message });
    const dedupId = createHash('md5').update(body).digest('hex');
    await this.tenant.sqs.send(
      new SendMessageCommand({
        QueueUrl: this.tenant.queueUrl,
        MessageBody: body,
        MessageGroupId: group,
        MessageDeduplicationId: dedupId,
      }),
      { abortSignal: AbortSignal.timeout(10_000) },
    );
    return '';
  }
}
