import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { JsonObject, JsonValue } from '@puente/kernel';
import { canonicalJson } from './canonical-json';
import { decoded, encoded, ENVELOPE_VERSION, members } from './envelope';
import { EnvelopeUnreadableError } from './envelope.errors';
import { open, seal } from './sealed-box';
import { TenantDataKeys } from './tenant-data-keys';

/** Where a payload lies; the ledger's `PayloadPlace`, which this library may not import. */
export interface SealedPlace {
  readonly tenantId: string;
  readonly table: string;
  readonly rowId: string;
  readonly column: string;
}

/** In place of a key-encryption key's id: the payload lies under the tenant's own data key, which `tenants` keeps. */
const TENANT_KEY = 'tenant';
const MEMBERS = ['v', 'kid', 'iv', 'ct', 'tag'] as const;

/**
 * Seals payloads under the tenant's data key: no key of their own, so no wrapped key in each of a million rows. The app
 * binds it as the ledger's `PayloadCipher`. Under one data key up to 2^32 payloads are safe.
 */
@Injectable()
export class TenantPayloadCipher {
  constructor(private readonly keys: TenantDataKeys) {}

  async seal(place: SealedPlace, value: JsonValue): Promise<JsonObject> {
    const { payload } = await this.keys.of(place.tenantId);
    const box = seal(payload, Buffer.from(JSON.stringify(value), 'utf8'), placeData(place));
    const { iv, ct, tag } = encoded(box);
    return { v: ENVELOPE_VERSION, kid: TENANT_KEY, iv, ct, tag };
  }

  /** @throws {EnvelopeUnreadableError} when it is not exactly what was sealed for this place */
  async open(place: SealedPlace, envelope: JsonObject): Promise<JsonValue> {
    const sealed = members(envelope, MEMBERS);
    if (sealed.kid !== TENANT_KEY) throw new EnvelopeUnreadableError();
    const box = decoded(sealed);
    const { payload } = await this.keys.of(place.tenantId);
    return JSON.parse(open(payload, box, placeData(place)).toString('utf8')) as JsonValue;
  }

  /** HMAC-SHA256 over the canonical JSON, keyed per tenant: equal requests compare equal, nothing can be guessed from it. */
  async requestHash(tenantId: string, request: JsonValue): Promise<Buffer> {
    const { requestHash } = await this.keys.of(tenantId);
    return createHmac('sha256', requestHash).update(canonicalJson(request), 'utf8').digest();
  }
}

/** `associatedData` of where a payload lies, its members in canonical order already: each operation asks twice. */
export function placeData({ tenantId, table, rowId, column }: SealedPlace): Buffer {
  const v = ENVELOPE_VERSION;
  return Buffer.from(JSON.stringify({ column, kind: 'payload', row: rowId, table, tenant: tenantId, v }), 'utf8');
}
