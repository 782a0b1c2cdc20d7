import { createHash } from 'node:crypto';
import type { JsonObject, JsonValue } from '@puente/kernel';
import { PayloadCipher, type PayloadPlace } from '../ports/payload-cipher.port';

/** Seals without keys, but binds to the place like the real one: a row copied elsewhere does not open. */
export class TestCipher extends PayloadCipher {
  async seal(place: PayloadPlace, value: JsonValue): Promise<JsonObject> {
    return { place: placeName(place), data: Buffer.from(JSON.stringify(value)).toString('base64') };
  }

  async open(place: PayloadPlace, envelope: JsonObject): Promise<JsonValue> {
    if (envelope['place'] !== placeName(place)) throw new Error('The envelope was sealed for another place');
    return JSON.parse(Buffer.from(envelope['data'] as string, 'base64').toString()) as JsonValue;
  }

  async requestHash(tenantId: string, request: JsonValue): Promise<Buffer> {
    return createHash('sha256').update(tenantId).update(JSON.stringify(request)).digest();
  }
}

function placeName({ tenantId, table, rowId, column }: PayloadPlace): string {
  return [tenantId, table, rowId, column].join('/');
}
