import { Injectable } from '@nestjs/common';
import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { JsonObject } from '@puente/kernel';
import { PayloadCipher } from '@puente/ledger';
import { z } from 'zod';

/** What must be kept of a message to send it again or to bury it: its bytes, and a foreign producer's attributes. */
export interface NotificationContent {
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
}

const Stored = z.object({
  body: z.string(),
  attributes: z.record(
    z.string(),
    z.object({ type: z.string(), text: z.string().optional(), bytes: z.base64().optional() }),
  ),
});

/** Which row a content belongs to: a notification's, or a dead letter's of which there is no notification. */
export type ContentTable = 'notifications' | 'dead_letters';

/** Seals what a message consists of under the tenant's data key, bound to its row. */
@Injectable()
export class NotificationContents {
  constructor(private readonly cipher: PayloadCipher) {}

  seal(
    tenantId: string,
    id: string,
    { body, attributes }: NotificationContent,
    table: ContentTable = 'notifications',
  ): Promise<JsonObject> {
    const kept = Object.entries(attributes).map(([name, value]) => [
      name,
      {
        type: value.DataType ?? 'String',
        ...(value.StringValue === undefined ? {} : { text: value.StringValue }),
        ...(value.BinaryValue === undefined ? {} : { bytes: Buffer.from(value.BinaryValue).toString('base64') }),
      },
    ]);
    return this.cipher.seal(place(tenantId, table, id), { body, attributes: Object.fromEntries(kept) as JsonObject });
  }

  /** @throws when the row cannot be decrypted */
  async open(
    tenantId: string,
    id: string,
    envelope: JsonObject,
    table: ContentTable = 'notifications',
  ): Promise<NotificationContent> {
    const { body, attributes } = Stored.parse(await this.cipher.open(place(tenantId, table, id), envelope));
    const given = Object.entries(attributes).map(([name, { type, text, bytes }]) => [
      name,
      {
        DataType: type,
        ...(text === undefined ? {} : { StringValue: text }),
        ...(bytes === undefined ? {} : { BinaryValue: Buffer.from(bytes, 'base64') }),
      },
    ]);
    return { body, attributes: Object.fromEntries(given) as NotificationContent['attributes'] };
  }
}

function place(tenantId: string, table: ContentTable, rowId: string) {
  return { tenantId, table, rowId, column: 'content' };
}
