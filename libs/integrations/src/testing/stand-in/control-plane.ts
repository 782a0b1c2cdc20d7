import { z } from 'zod';
import { FaultOrder } from './faults';
import type { FaultBook } from './faults';
import { htmlReply, jsonReply } from './stand-in-http';
import type {
  ControlReply,
  ControlRoute,
  SandboxPart,
  SandboxServices,
  StandInReply,
  StandInRequest,
} from './stand-in.port';
import { isStandIn } from './stand-in.port';

const PREFIX = '/_sandbox';
const Advance = z.strictObject({
  advanceMs: z
    .int()
    .min(-10 * 365 * 86_400_000)
    .max(10 * 365 * 86_400_000),
});
const Release = z.strictObject({ match: z.string().optional() });
const Received = z.object({
  since: z.union([z.coerce.date(), z.undefined()]),
  limit: z.union([z.coerce.number().int().min(1).max(1_000_000), z.undefined()]),
});

export interface ControlPlaneOptions {
  readonly parts: readonly SandboxPart[];
  readonly services: SandboxServices;
  readonly faults: FaultBook;
  /** Empties everything, as after a first start. */
  readonly reset: () => Promise<void>;
}

/** `/_sandbox/…`: what a test or a curious person asks of the stand-ins and orders from them. Not part of any provider. */
export class ControlPlane {
  private readonly routes = new Map<string, Map<string, ControlRoute>>();

  constructor(private readonly options: ControlPlaneOptions) {
    this.add(PREFIX, { method: 'GET', path: '', summary: 'This list.', handle: async () => ok(this.index()) });
    this.add(PREFIX, {
      method: 'POST',
      path: '/reset',
      summary: 'Empties data, faults, received and clocks of all stand-ins.',
      handle: async () => {
        await options.reset();
        return ok({ reset: true });
      },
    });
    for (const part of options.parts) this.addPart(part);
  }

  owns(request: StandInRequest): boolean {
    return request.path === PREFIX || request.path.startsWith(`${PREFIX}/`);
  }

  async handle(request: StandInRequest): Promise<StandInReply> {
    const path = request.path.length > PREFIX.length ? request.path.replace(/\/$/, '') : request.path;
    const { methods, name } = this.find(path);
    if (!methods) return refuse(404, `There is no ${path}. GET ${PREFIX} lists what there is.`);
    const route = methods.get(request.method);
    if (!route) return refuse(405, `${path} knows ${[...methods.keys()].join(', ')}, not ${request.method}.`);
    const body = parseBody(request.body);
    if (!body.ok) return refuse(400, 'The body is not JSON.');
    try {
      const { query, host, headers } = request;
      const reply = await route.handle({ query, body: body.value, host, accept: headers.accept ?? '', name });
      return reply.html === undefined ? jsonReply(reply.status, reply.body) : htmlReply(reply.status, reply.html);
    } catch (error) {
      if (error instanceof z.ZodError) return refuse(422, z.prettifyError(error));
      return refuse(500, error instanceof Error ? error.message : String(error));
    }
  }

  private find(path: string): { readonly methods: Map<string, ControlRoute> | undefined; readonly name: string } {
    const exact = this.routes.get(path);
    if (exact) return { methods: exact, name: '' };
    const cut = path.lastIndexOf('/');
    return { methods: this.routes.get(`${path.slice(0, cut)}/{name}`), name: decoded(path.slice(cut + 1)) };
  }

  private addPart(part: SandboxPart): void {
    const base = `${PREFIX}/${part.id}`;
    const own: ControlRoute[] = [...(part.control ?? [])].map((route) => ({ ...route, path: `/${route.path}` }));
    const usual = isStandIn(part)
      ? [
          this.receivedRoute(part.id),
          ...this.faultRoutes(part.id),
          ...this.heldRoutes(part.id),
          this.clockRoute(part.id),
        ]
      : [];
    for (const route of [...usual, ...own]) this.add(base, route);
  }

  private add(base: string, route: ControlRoute): void {
    const path = base + route.path;
    const methods = this.routes.get(path) ?? new Map<string, ControlRoute>();
    methods.set(route.method, route);
    this.routes.set(path, methods);
  }

  private receivedRoute(part: string): ControlRoute {
    return {
      method: 'GET',
      path: '/received',
      summary: 'Every effect, oldest first. ?since=<time> ?limit=<n>',
      handle: async ({ query }) => {
        const { since, limit } = Received.parse({
          since: query.get('since') ?? undefined,
          limit: query.get('limit') ?? undefined,
        });
        return ok(await this.options.services.effects.list(part, { since, limit }));
      },
    };
  }

  private faultRoutes(part: string): ControlRoute[] {
    const { faults } = this.options;
    const path = '/faults';
    return [
      {
        method: 'GET',
        path,
        summary: 'Faults still waiting for a request.',
        handle: async () => ok(faults.list(part)),
      },
      {
        method: 'POST',
        path,
        summary:
          '{operation?, match?, status?, code?, message?, body?, headers?, retryAfter?, delayMs?, dripMs?, reset?: before|after, hold?: before|after, apply?, applyAfterMs?, times?}',
        handle: async ({ body }) => {
          faults.add(part, FaultOrder.parse(body));
          return { status: 201, body: faults.list(part) };
        },
      },
      {
        method: 'DELETE',
        path,
        summary: 'Forgets all faults of this stand-in.',
        handle: async () => {
          faults.clear(part);
          return ok([]);
        },
      },
    ];
  }

  private heldRoutes(part: string): ControlRoute[] {
    const { faults } = this.options;
    return [
      {
        method: 'GET',
        path: '/held',
        summary: 'Requests that a fault holds.',
        handle: async () => ok(faults.holding(part)),
      },
      {
        method: 'POST',
        path: '/release',
        summary: '{match?}: lets them go, or those alone whose path contains it.',
        handle: async ({ body }) => ok({ released: faults.release(part, Release.parse(body ?? {}).match) }),
      },
    ];
  }

  private clockRoute(part: string): ControlRoute {
    return {
      method: 'POST',
      path: '/clock',
      summary: '{advanceMs}: moves this stand-in through time.',
      handle: async ({ body }) =>
        ok({ offsetMs: await this.options.services.clock.advance(part, Advance.parse(body).advanceMs) }),
    };
  }

  private index(): unknown {
    const routes = [...this.routes].flatMap(([path, methods]) =>
      [...methods.values()].map(({ method, summary }) => ({ route: `${method} ${path}`, summary })),
    );
    return { standIns: this.options.parts.filter(isStandIn).map(({ id }) => id), routes };
  }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function ok(body: unknown): ControlReply {
  return { status: 200, body };
}

function refuse(status: number, message: string): StandInReply {
  return jsonReply(status, { error: message });
}

function parseBody(body: Buffer): { ok: true; value: unknown } | { ok: false } {
  if (body.length === 0) return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(body.toString('utf8')) as unknown };
  } catch {
    return { ok: false };
  }
}
