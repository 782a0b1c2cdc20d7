import { Injectable } from '@nestjs/common';
import type { JsonObject } from '@puente/kernel';
import { PayloadCipher } from '@puente/ledger';
import { z } from 'zod';

const Stored = z.strictObject({ data: z.string() });

/** Seals the payload of an event, as JSON text, under the tenant's data key and for its row. */
@Injectable()
export class EventContents {
  constructor(private readonly cipher: PayloadCipher) {}

  seal(tenantId: string, eventId: string, data: string): Promise<JsonObject> {
    return this.cipher.seal(placeOf(tenantId, eventId), { data });
  }

  /** @throws when the row cannot be decrypted */
  async open(tenantId: string, eventId: string, envelope: JsonObject): Promise<string> {
    return Stored.parse(await this.cipher.open(placeOf(tenantId, eventId), envelope)).data;
  }
}

function placeOf(tenantId: string, rowId: string) {
  return { tenantId, table: 'webhook_events', rowId, column: 'payload' };
}

/** What a message says of its event beside the payload. */
export interface EventFacts {
  readonly id: string;
  readonly type: string;
  readonly key: string | null;
  readonly userId: string | null;
  readonly at: Date;
}

/**
 * The body that is signed and sent. Version 1 has the three fields of Standard Webhooks; version 2 adds what tells
 * repeats, orders and users apart without a look at the headers.
 *
 * @param data JSON text, put in as it is: every digit of a number arrives as it was published
 */
export function messageBody({ id, type, key, userId, at }: EventFacts, data: string, version: 1 | 2): string {
  const head = JSON.stringify({
    ...(version === 1 ? {} : { id: messageId(id) }),
    type,
    timestamp: at.toISOString(),
    ...(version === 1 ? {} : { key, user_id: userId }),
  });
  return `${head.slice(0, -1)},"data":${data}}`;
}

/** `webhook-id`: the same for all endpoints, tries and replays of an event. */
export function messageId(eventId: string): string {
  return `msg_${eventId}`;
}
