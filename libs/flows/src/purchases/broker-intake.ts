import { Injectable } from '@nestjs/common';
import { isDatabaseAway, TenantDatabase, type TenantTransaction } from '@puente/database';
import { AppError, uuidv7 } from '@puente/kernel';
import { type MqttMessage, MqttMessageHandler, type MqttRefusal } from '@puente/providers/mqtt';
import type { z } from 'zod';
import { PurchaseRequests } from './purchase-requests';
import { PurchaseSettings } from './purchase-settings';
import { RequestMessage, ValidationMessage } from './purchases.schemas';
import { RequestDecisions } from './request-decisions';

type BrokerMessage = Pick<MqttMessage, 'tenantId' | 'topic' | 'payload'>;

type Verdict = 'taken' | 'repeated' | 'refused' | 'bad';
interface Noted {
  readonly verdict: Verdict;
  readonly reason?: string | undefined;
  readonly requestId?: string | undefined;
}

/** How much of a message is kept. */
const KEPT_CHARS = 4_096;

/**
 * What other groups say over MQTT (S2.8): their requests reserve units here, their validations decide requests of anybody.
 * Whatever comes is written down with what followed from it; what cannot be understood, or cannot be, hurts nobody.
 */
@Injectable()
export class BrokerIntake extends MqttMessageHandler {
  constructor(
    private readonly database: TenantDatabase,
    private readonly settings: PurchaseSettings,
    private readonly requests: PurchaseRequests,
    private readonly decisions: RequestDecisions,
  ) {
    super();
  }

  override async handle(message: BrokerMessage): Promise<void> {
    const { tenantId } = message;
    try {
      await this.database.run(tenantId, async (tx) => note(tx, message, await this.follow(tx, message)));
    } catch (error) {
      if (!(error instanceof AppError) || isDatabaseAway(error)) throw error;
      const noted: Noted = { verdict: 'refused', reason: error.code, requestId: requestIdOf(message) };
      await this.database.run(tenantId, (tx) => note(tx, message, noted));
    }
  }

  override async refuse(message: BrokerMessage, reason: MqttRefusal): Promise<void> {
    await this.database.run(message.tenantId, (tx) => note(tx, message, { verdict: 'bad', reason }));
  }

  private async follow(tx: TenantTransaction, message: BrokerMessage): Promise<Noted> {
    const settings = await this.settings.of(tx);
    const json = parsed(message.payload);
    if (json === undefined) return { verdict: 'bad', reason: 'no JSON' };
    if (message.topic === settings.requestTopic) return this.request(tx, json, settings.groupId);
    if (message.topic === settings.validationTopic) return this.validation(tx, json);
    return { verdict: 'bad', reason: 'not a topic of the shop' };
  }

  private async request(tx: TenantTransaction, json: unknown, ownGroup: string): Promise<Noted> {
    const given = RequestMessage.safeParse(json);
    if (!given.success) return { verdict: 'bad', reason: problemOf(given.error) };
    const { request_id: requestId } = given.data;
    if (given.data.group_id === ownGroup) return { verdict: 'repeated', reason: 'our own', requestId };
    const { repeated } = await this.requests.take(tx, given.data);
    return { verdict: repeated ? 'repeated' : 'taken', requestId };
  }

  private async validation(tx: TenantTransaction, json: unknown): Promise<Noted> {
    const given = ValidationMessage.safeParse(json);
    if (!given.success) return { verdict: 'bad', reason: problemOf(given.error) };
    const { request_id: requestId, group_id: groupId, valid } = given.data;
    const { repeated } = await this.decisions.decide(tx, { requestId, groupId, valid, by: 'validation' });
    return { verdict: repeated ? 'repeated' : 'taken', requestId };
  }
}

async function note(tx: TenantTransaction, { topic, payload }: BrokerMessage, noted: Noted): Promise<void> {
  await tx.query(
    `INSERT INTO purchase_messages (id, tenant_id, topic, payload, verdict, reason, request_id, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, puente_now())`,
    [
      ...[uuidv7(), tx.tenantId, topic.slice(0, 256), kept(payload), noted.verdict],
      ...[noted.reason?.slice(0, 500) ?? null, noted.requestId ?? null],
    ],
  );
}

/** PostgreSQL's text holds no NUL; bytes that are no UTF-8 become replacement characters. */
function kept(payload: Buffer): string {
  return payload.toString('utf8').slice(0, KEPT_CHARS).replaceAll('\0', '\uFFFD');
}

function parsed(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined; // said so by the caller, in the message's verdict
  }
}

function requestIdOf({ payload }: BrokerMessage): string | undefined {
  const json = parsed(payload);
  const id: unknown = typeof json === 'object' && json !== null && 'request_id' in json ? json.request_id : undefined;
  return typeof id === 'string' ? id.slice(0, 64) : undefined;
}

function problemOf(error: z.ZodError): string {
  const [first] = error.issues;
  return `${first?.path.join('.') ?? ''}: ${first?.message ?? 'does not fit'}`;
}
