import type { FaultOrder } from './faults';
import { jsonReply } from './stand-in-http';
import type { StandIn, StandInReply, StandInRequest } from './stand-in.port';

/** An answer, or a connection to reset. */
export type Exchanged = StandInReply | 'reset';

/** Waiting that a reset or a stop of the host cuts short; what was to follow is then dropped. */
export interface Patience {
  readonly over: AbortSignal;
  sleep(ms: number, over: AbortSignal): Promise<void>;
  /** Resolves when somebody lets the request go, at a reset too. */
  held(): Promise<void>;
}

/** Applies the request and turns what breaks inside into the provider's own "internal error". */
export async function apply(standIn: StandIn, request: StandInRequest): Promise<StandInReply> {
  try {
    return await standIn.handle(request);
  } catch (error) {
    // The text is for whoever debugs the stand-in; it has no secrets to hide.
    const message = error instanceof Error ? error.message : String(error);
    return standIn.failure(request, { status: 500, message: `The stand-in could not do it: ${message}` });
  }
}

/** Answers a request as the fault orders. The table is at {@link FaultOrder}. */
export async function misbehave(
  standIn: StandIn,
  request: StandInRequest,
  order: FaultOrder,
  patience: Patience,
): Promise<Exchanged> {
  const scripted = scriptedAnswer(standIn, request, order);
  if (order.applyAfterMs !== undefined) return applyLate(standIn, request, order, scripted, patience);

  if (order.hold === 'before') await patience.held();
  const applies = order.apply ?? (scripted === undefined || order.reset === 'after');
  const real = applies ? await apply(standIn, request) : undefined;
  if (order.hold === 'after') await patience.held();
  if (order.delayMs !== undefined) await patience.sleep(order.delayMs, patience.over);
  return disfigured(scripted ?? real ?? 'reset', order);
}

/** What the order changes on the answer itself, whoever wrote it. */
function disfigured(answer: Exchanged, { headers, dripMs }: FaultOrder): Exchanged {
  if (answer === 'reset' || (headers ?? dripMs) === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, ...headers }, ...(dripMs === undefined ? {} : { dripMs }) };
}

async function applyLate(
  standIn: StandIn,
  request: StandInRequest,
  order: FaultOrder,
  scripted: Exchanged | undefined,
  patience: Patience,
): Promise<Exchanged> {
  const { over } = patience;
  const late = patience
    .sleep(order.applyAfterMs ?? 0, over)
    .then((): Promise<Exchanged> => (over.aborted ? Promise.resolve('reset') : apply(standIn, request)));
  if (scripted === undefined) return late;
  void late;
  if (order.delayMs !== undefined) await patience.sleep(order.delayMs, patience.over);
  return scripted;
}

function scriptedAnswer(standIn: StandIn, request: StandInRequest, order: FaultOrder): Exchanged | undefined {
  if (order.reset) return 'reset';
  const retryAfter: Record<string, string> =
    order.retryAfter === undefined ? {} : { 'retry-after': String(order.retryAfter) };
  if (order.body !== undefined) {
    const status = order.status ?? 200;
    const reply =
      typeof order.body === 'string'
        ? { status, headers: { 'content-type': 'text/plain' }, body: order.body }
        : jsonReply(status, order.body);
    return { ...reply, headers: { ...reply.headers, ...retryAfter } };
  }
  if (order.status === undefined && order.code === undefined) return undefined;
  const reply = standIn.failure(request, { status: order.status ?? 400, code: order.code, message: order.message });
  return { ...reply, headers: { ...reply.headers, ...retryAfter } };
}
