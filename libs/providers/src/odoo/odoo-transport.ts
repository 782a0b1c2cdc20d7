import type { CancelSignal } from '@puente/kernel';
import type { TransportName } from './odoo.schemas';

/** One method of one model, with its arguments by name; by position only where the protocol has that. */
export interface OdooRequest {
  readonly model: string;
  readonly method: string;
  readonly ids?: readonly number[] | undefined;
  readonly args?: readonly unknown[] | undefined;
  readonly kwargs?: Readonly<Record<string, unknown>> | undefined;
  readonly context?: Readonly<Record<string, unknown>> | undefined;
}

/** Whose account it is, in which database. */
export interface OdooAccount {
  readonly database: string;
  readonly login: string;
  readonly apiKey: string;
}

/** One of Odoo's protocols. Neither changes what it is given, and neither tries again but for a forgotten identity. */
export interface OdooTransport {
  readonly name: TransportName;
  /** @returns what the method returned; null when that was nothing */
  call(request: OdooRequest, signal: CancelSignal): Promise<unknown>;
  /** The server's version, which it tells anybody. */
  version(signal: CancelSignal): Promise<string>;
  /** Asks anew whose key it is. @throws when it is nobody's */
  identify(signal: CancelSignal): Promise<number | undefined>;
}
