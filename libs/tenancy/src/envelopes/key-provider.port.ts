/** A data key as it may be stored: encrypted under the key-encryption key named `kid`. */
export interface WrappedKey {
  readonly kid: string;
  readonly bytes: Buffer;
}

/**
 * Keeps the key-encryption keys and never gives them out. The key ring in the configuration is the default; a cloud KMS
 * fits behind the same two verbs.
 *
 * `context` is authenticated with the data key and says where its ciphertext lies, so a wrapped key that was moved does
 * not unwrap. It does not contain the kid: re-wrapping under a newer key leaves it as it is.
 */
export abstract class KeyProvider {
  /** The key that new data keys are wrapped under. */
  abstract readonly activeKid: string;
  abstract readonly kids: readonly string[];
  /** Under the active key. */
  abstract wrap(dataKey: Buffer, context: Buffer): Promise<WrappedKey>;
  /** @throws {EnvelopeUnreadableError} when the key does not open; anything else means: try again later */
  abstract unwrap(wrapped: WrappedKey, context: Buffer): Promise<Buffer>;
}
