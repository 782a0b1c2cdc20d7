import { inspect } from 'node:util';

const HIDDEN = '[secret]';

/**
 * A value that must never be printed. Credentials are wrapped in it from the moment they are decrypted until the line
 * that hands them to a provider's SDK, so that a log line, an error or a JSON body can only show `[secret]`.
 */
export class Secret<T = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The only way out. Call it where the value is used, not earlier. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}
