import { AppError, type JsonObject, type JsonValue } from '@puente/kernel';

/** Where a payload lies; bound into its ciphertext, so that a copied envelope does not open elsewhere. */
export interface PayloadPlace {
  readonly tenantId: string;
  /** `operations`, `notifications` … */
  readonly table: string;
  readonly rowId: string;
  readonly column: string;
}

/** Seals payloads under the tenant's data key. Tenancy implements it; the app binds it. */
export abstract class PayloadCipher {
  abstract seal(place: PayloadPlace, value: JsonValue): Promise<JsonObject>;
  /**
   * @throws when the envelope is not the one that was sealed for this place; or when this process cannot tell, see
   *   {@link isForAnotherProcess}
   */
  abstract open(place: PayloadPlace, envelope: JsonObject): Promise<JsonValue>;
  /** HMAC-SHA256 over the canonical JSON, keyed per tenant: equal requests compare equal, nothing can be guessed from it. */
  abstract requestHash(tenantId: string, request: JsonValue): Promise<Buffer>;
}

/**
 * A payload did not open because its key came into use while this process ran. It is no damage: another process opens it,
 * or this one once it was started again with the whole key ring.
 */
export function isForAnotherProcess(error: unknown): boolean {
  return error instanceof AppError && error.code === 'ENCRYPTION_KEY_MISSING';
}
