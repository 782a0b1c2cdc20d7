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
 * | `hold: 'before'` or `'after'` | yes: once it is let go, or at once | as of what it comes with, once `POST …/release` lets it go |
 * | `applyAfterMs` | yes, that much later, whether or not the client still waits | with `status` or `reset`: at once; alone: after the effect |
 */
export const FaultOrder = z
  .strictObject({
    /** The provider's operation name; every operation when absent. */
    operation: z.string().min(1).optional(),
    /** Only requests whose path or body contains this text. */
    match: z.string().min(1).optional(),
    status: z.int().min(200).max(599).optional(),
    code: z.string().min(1).optional(),
    message: z.string().optional(),
    delayMs: z.int().min(0).max(600_000).optional(),
    reset: z.enum(['before', 'after']).optional(),
    apply: z.boolean().optional(),
    /** Until somebody lets it go, before or after the effect: for whoever wants to do something meanwhile. */
    hold: z.enum(['before', 'after']).optional(),
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
        order.hold,
      ].some((part) => part !== undefined),
    {
      error: 'say what goes wrong: one of status, code, body, delayMs, reset, applyAfterMs, headers, dripMs, hold',
    },
  );

export type FaultOrder = z.output<typeof FaultOrder>;

/** A request that waits to be let go. */
export interface HeldRequest {
  readonly operation: string;
  readonly path: string;
}

/** The faults waiting for their requests: first ordered, first served. In memory: a restart behaves well again. */
export class FaultBook {
  private readonly waiting = new Map<string, { order: FaultOrder; remaining: number }[]>();
  private readonly held = new Set<HeldRequest & { readonly part: string; readonly letGo: () => void }>();

  add(part: string, order: FaultOrder): void {
    const list = this.waiting.get(part) ?? [];
    list.push({ order, remaining: order.times });
    this.waiting.set(part, list);
  }

  /** Uses up one time of the first fault that fits. */
  take(part: string, operation: string, body: Buffer, path = ''): FaultOrder | undefined {
    const list = this.waiting.get(part);
    const found = list?.find(({ order }) => fits(order, { operation, body, path }));
    if (!list || !found) return undefined;
    found.remaining -= 1;
    if (found.remaining === 0) list.splice(list.indexOf(found), 1);
    return found.order;
  }

  list(part: string): (FaultOrder & { remaining: number })[] {
    return (this.waiting.get(part) ?? []).map(({ order, remaining }) => ({ ...order, remaining }));
  }

  /** Resolves when the request is let go. */
  hold(part: string, request: HeldRequest): Promise<void> {
    return new Promise((resolve) => {
      this.held.add({ part, ...request, letGo: resolve });
    });
  }

  /** What is held just now. */
  holding(part: string): HeldRequest[] {
    return [...this.held].filter((one) => one.part === part).map(({ operation, path }) => ({ operation, path }));
  }

  /** @param match only requests whose path contains it. @returns how many were let go */
  release(part?: string, match = ''): number {
    const free = [...this.held].filter((one) => (part ?? one.part) === one.part && one.path.includes(match));
    for (const one of free) {
      this.held.delete(one);
      one.letGo();
    }
    return free.length;
  }

  /** Whatever is held goes on. @param part all parts when absent. */
  clear(part?: string): void {
    this.release(part);
    if (part === undefined) this.waiting.clear();
    else this.waiting.delete(part);
  }
}

interface Fitting {
  readonly operation: string;
  readonly body: Buffer;
  readonly path: string;
}

function fits(order: FaultOrder, { operation, body, path }: Fitting): boolean {
  if (order.operation !== undefined && order.operation !== operation) return false;
  return order.match === undefined || body.includes(order.match) || path.includes(order.match);
}
