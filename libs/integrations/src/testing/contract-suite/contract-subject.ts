import type { Effect } from '@puente/kernel';
import type { AnyProvider } from '../../provider';
import type { FaultOrder } from '../stand-in/faults';
import type { ContractLine } from './contract-line';

/** What the suite may order of a stand-in: the part of a fault that every provider's can carry out. */
export type WireFault = Pick<FaultOrder, 'status' | 'code' | 'message' | 'retryAfter' | 'operation'>;

/** What answers over HTTP can say and those of another protocol perhaps cannot. */
export type AnswerWord = 'throttled' | 'retry_after' | 'server_error' | 'rejected' | 'redirect';

/** A protocol that is not HTTP. */
export interface ContractProtocol {
  /** The line between a client and the stand-in. */
  readonly line: (target: string) => Promise<ContractLine>;
  /** The world orders something else for these, which fails as well. */
  readonly without: readonly AnswerWord[];
}

/** A running stand-in, and what the suite asks of it beside the provider's own protocol. */
export interface ContractWorld {
  /** Origin of the stand-in. Clients are given another one: a line in front of it that counts and breaks. */
  readonly url: string;
  /** How many outside effects there have been so far. */
  effects(): Promise<number>;
  /** Orders one misbehaviour for the next request; it is answered in the provider's own error shape. */
  fault(fault: WireFault): Promise<void>;
  /** Forgets what was ordered and not used. */
  clearFaults(): Promise<void>;
  /** Makes the good credentials bad, and good again; of a provider with an API. */
  revoke(): Promise<void>;
  restore(): Promise<void>;
}

/** One way to call one operation. Each operation needs one at least, and one per effect it can have. */
export interface ContractSample {
  readonly operation: string;
  /** Tells samples of the same operation apart: `to a FIFO queue`. */
  readonly variant?: string;
  /** @param unique part of the input wherever two calls must not be taken for one */
  readonly input: (unique: string, world: ContractWorld) => unknown;
  readonly effect: Effect;
  /** Effects one call leaves. Default: none of a `read`, one of everything else. */
  readonly effects?: number;
  /** `idempotent` only: what the provider knows a repeat by. Default: our key. `input`: the same input has no second effect. */
  readonly repeatKnownBy?: 'key' | 'input';
  /**
   * Of a call that asks something first or afterwards: the request that has the effect, by a text in its address or body,
   * and the stand-in's name of it. Only that one is counted and broken.
   */
  readonly through?: { readonly text: string; readonly operation: string };
  /** Counts the effects of this sample where the stand-in's own record does not. */
  readonly count?: (world: ContractWorld) => Promise<number>;
}

export interface ContractSubject {
  readonly definition: AnyProvider;
  /** Asked when a case runs: the stand-in is started by then. */
  readonly world: () => ContractWorld;
  /** Good credentials. Every text in them is searched for in all that comes out. */
  readonly secrets: Readonly<Record<string, unknown>>;
  readonly config: (endpoint: string) => Readonly<Record<string, unknown>>;
  readonly samples: readonly ContractSample[];
  /**
   * `by_status`: the other side may be anybody's server. It knows no credentials of ours to refuse, whatever body comes
   * with a success is one, and how long it is does not matter. Left out: a provider with an API.
   */
  readonly answers?: 'by_status';
  /** What a redirect means, which is never followed. Left out: unknown. */
  readonly redirects?: 'unauthorized';
  /** A client asks once for what it then knows (a version, a session): the probe does that before each case, uncounted. */
  readonly warm?: true;
  /** Left out: HTTP. */
  readonly protocol?: ContractProtocol;
  /** A refusal of the provider's own that is neither about credentials nor about limits. */
  readonly rejection: { readonly status: number; readonly code: string };
  /** The status a documented error comes with, where that is not the usual one of its kind. */
  readonly errorStatus?: Readonly<Record<string, number>>;
  /** How long is waited for something to arrive at the stand-in, and for the client to let go of it. Default: 3 s. */
  readonly patienceMs?: number;
  /** Documented errors that no answer of the provider makes: ours, and those of the network. */
  readonly notAnswered?: readonly string[];
}

export interface ContractCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

export function sampleName({ operation, variant }: ContractSample): string {
  return variant === undefined ? operation : `${operation} ${variant}`;
}

export function effectsOf({ effect, effects }: ContractSample): number {
  return effects ?? (effect === 'read' ? 0 : 1);
}

export function canSay({ protocol }: ContractSubject, word: AnswerWord): boolean {
  return protocol?.without.includes(word) !== true;
}
