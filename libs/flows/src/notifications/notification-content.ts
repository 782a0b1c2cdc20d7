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

/** Seals a notification's content under the tenant's data key, bound to its row. */
@Injectable()
export class NotificationContents {
  constructor(private readonly cipher: PayloadCipher) {}

  seal(tenantId: string, id: string, { body, attributes }: NotificationContent): Promise<JsonObject> {
    const kept = Object.entries(attributes).map(([name, value]) => [
      name,
      {
        type: value.DataType ?? 'String',
        ...(value.StringValue === undefined ? {} : { text: value.StringValue }),
        ...(value.BinaryValue === undefined ? {} : { bytes: Buffer.from(value.BinaryValue).toString('base64') }),
      },
    ]);
    return this.cipher.seal(place(tenantId, id), { body, attributes: Object.fromEntries(kept) as JsonObject });
  }

  /** @throws when the row cannot be decrypted */
  async open(tenantId: string, id: string, envelope: JsonObject): Promise<NotificationContent> {
    const { body, attributes } = Stored.parse(await this.cipher.open(place(tenantId, id), envelope));
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

function place(tenantId: string, rowId: string) {
  return { tenantId, table: 'notifications', rowId, column: 'content' };
}
