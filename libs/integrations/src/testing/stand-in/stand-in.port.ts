import type { IncomingHttpHeaders } from 'node:http';
import type { EffectsLog } from './effects-log';
import type { FaultBook } from './faults';
import type { SandboxClock } from './sandbox-clock';
import type { SandboxDatabase } from './sandbox-database';

/** One request as a stand-in sees it: whole body read, nothing interpreted. */
export interface StandInRequest {
  /** Goes into the provider's own request-id header. */
  readonly id: string;
  readonly method: string;
  /** Path without the query, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** What the client wrote into `Host`: addresses we hand out must lead back the way the client came. */
  readonly host: string;
  readonly body: Buffer;
  /** Aborted when the client closes its socket before it has its answer: a long poll then must not take anything. */
  readonly closed: AbortSignal;
}

export interface StandInReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Milliseconds between two bytes of the body, by order of a fault. */
  readonly dripMs?: number;
  /** Called when the client was gone before the reply could be handed to its socket: take back what it carried. */
  readonly undelivered?: () => Promise<void>;
}

/** What a stand-in answers when it refuses by order of a fault, or because it broke itself. */
export interface Failure {
  readonly status: number;
  /** The provider's own error code; the stand-in chooses the usual one of the status when it is absent. */
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/** What the host lends to its parts. */
export interface SandboxServices {
  readonly database: SandboxDatabase;
  readonly clock: SandboxClock;
  readonly effects: EffectsLog;
  /** For stand-ins with a port of their own; to requests over HTTP the host applies faults itself. */
  readonly faults: Pick<FaultBook, 'take'>;
  /** Where this host listens, once it does: stand-ins reach each other over HTTP like any client. */
  readonly url: () => string;
}

export interface ControlCall {
  readonly query: URLSearchParams;
  /** The parsed JSON body, `undefined` when there was none. */
  readonly body: unknown;
  readonly host: string;
  /** The header Accept: a browser names text/html. */
  readonly accept: string;
  /** What stood in the place of `{name}`, decoded; empty for a route without one. */
  readonly name: string;
}

export interface ControlReply {
  readonly status: number;
  readonly body: unknown;
  /** A page in place of `body`. */
  readonly html?: string;
}

/** A control route of one part: `/_sandbox/<part>/<path>`, beside those that every stand-in has. */
export interface ControlRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** May end with `/{name}`. */
  readonly path: string;
  /** Shown in the index at `GET /_sandbox`. */
  readonly summary: string;
  readonly handle: (call: ControlCall) => Promise<ControlReply>;
}

/** Something with state and a control plane: every stand-in, and what several stand-ins share (AWS access keys). */
export interface SandboxPart {
  /** The segment in `/_sandbox/<id>/…`; for a stand-in, the provider's id. */
  readonly id: string;
  /** Plain SQL that can be run on every start: `CREATE … IF NOT EXISTS`, `CREATE OR REPLACE FUNCTION`. */
  readonly schema?: string;
  /** What `POST /_sandbox/reset` empties. */
  readonly tables?: readonly string[];
  readonly control?: readonly ControlRoute[];
  /** Pages of its own at `/_sandbox/<id>` and below: forms, redirects, whatever a browser needs. */
  serve?(request: StandInRequest): Promise<StandInReply>;
  /** After the schema exists and before the first request. */
  start?(services: SandboxServices): Promise<void>;
  /** After the tables were emptied: forget what memory holds of them. */
  reset?(): Promise<void>;
  /** Before the pool closes: let go of waiting requests. */
  stop?(): Promise<void>;
}

/**
 * A local server that speaks one provider's wire protocol well enough for the provider's own SDK. The host owns the
 * port, the faults and the control plane; a stand-in knows requests, replies and its tables.
 */
export interface StandIn extends SandboxPart {
  /** Whether the request is for this provider. Stand-ins are asked in the order in which the host was given them. */
  claims(request: StandInRequest): boolean;
  /** The provider's name of the operation, as faults and the effects log name it. */
  operation(request: StandInRequest): string;
  handle(request: StandInRequest): Promise<StandInReply>;
  /** An error in the provider's own shape. */
  failure(request: StandInRequest, failure: Failure): StandInReply;
}

/** Tells a stand-in from a part that takes no requests. */
export function isStandIn(part: SandboxPart): part is StandIn {
  return 'claims' in part && 'handle' in part;
}
