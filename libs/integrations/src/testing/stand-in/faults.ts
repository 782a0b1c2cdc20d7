import { z } from 'zod';

/**
 * A misbehaviour to order: `POST /_sandbox/<provider>/faults`. Whether the effect happens is part of the order,
 * because that is exactly what a caller with a lost answer cannot know.
 *
 * | order | effect | answer |
 * |---|---|---|
 * | `status`, `code` or `body` | no (`apply: true`: yes) | that one, in the provider's error shape unless `body` is given |
 * | `reset: 'before'` | no | the connection is reset |
 * | `reset: 'after'` | yes | the connection is reset |
 * | `delayMs` | as above; alone: yes, at once | late by that much |
 * | `headers` | as of what they come with | with these on top: another content type, a `location` |
 * | `dripMs` | as of what it comes with; alone: yes | a byte at a time, that long between two |
 * | `applyAfterMs` | yes, that much later, whether or not the client still waits | with `status` or `reset`: at once; alone: after the effect |
 */
export const FaultOrder = z
  .strictObject({
    /** The provider's operation name; every operation when absent. */
    operation: z.string().min(1).optional(),
    /** Only requests whose body contains this text. */
    match: z.string().min(1).optional(),
    status: z.int().min(200).max(599).optional(),
    code: z.string().min(1).optional(),
    message: z.string().optional(),
    delayMs: z.int().min(0).max(600_000).optional(),
    reset: z.enum(['before', 'after']).optional(),
    apply: z.boolean().optional(),
    applyAfterMs: z.int().min(0).max(600_000).optional(),
    times: z.int().min(1).max(1_000_000_000).default(1),
    /** Sent as it is; an object is sent as JSON. */
    body: z.union([z.string(), z.record(z.string(), z.unknown()), z.array(z.unknown())]).optional(),
    headers: z.record(z.string(), z.string()).optional(),
    dripMs: z.int().min(1).max(60_000).optional(),
    /** Seconds, for the header `Retry-After`. */
    retryAfter: z.number().min(0).optional(),
  })
  .refine((order) => !(order.reset && (order.status ?? order.code ?? order.body ?? order.dripMs) !== undefined), {
    error: 'a reset leaves no room for an answer: give reset, or status, code and body',
  })
  .refine(
    (order) =>
      [
        order.status,
        order.code,
        order.body,
        order.delayMs,
        order.reset,
        order.applyAfterMs,
        order.headers,
        order.dripMs,
      ].some((part) => part !== undefined),
    {
      error: 'say what goes wrong: one of status, code, body, delayMs, reset, applyAfterMs, headers, dripMs',
    },
  );

export type FaultOrder = z.output<typeof FaultOrder>;

/** The faults waiting for their requests: first ordered, first served. In memory: a restart behaves well again. */
export class FaultBook {
  private readonly waiting = new Map<string, { order: FaultOrder; remaining: number }[]>();

  add(part: string, order: FaultOrder): void {
    const list = this.waiting.get(part) ?? [];
    list.push({ order, remaining: order.times });
    this.waiting.set(part, list);
  }

  /** Uses up one time of the first fault that fits. */
  take(part: string, operation: string, body: Buffer): FaultOrder | undefined {
    const list = this.waiting.get(part);
    const found = list?.find(({ order }) => fits(order, operation, body));
    if (!list || !found) return undefined;
    found.remaining -= 1;
    if (found.remaining === 0) list.splice(list.indexOf(found), 1);
    return found.order;
  }

  list(part: string): (FaultOrder & { remaining: number })[] {
    return (this.waiting.get(part) ?? []).map(({ order, remaining }) => ({ ...order, remaining }));
  }

  /** @param part all parts when absent. */
  clear(part?: string): void {
    if (part === undefined) this.waiting.clear();
    else this.waiting.delete(part);
  }
}

function fits(order: FaultOrder, operation: string, body: Buffer): boolean {
  if (order.operation !== undefined && order.operation !== operation) return false;
  return order.match === undefined || body.includes(order.match);
}
