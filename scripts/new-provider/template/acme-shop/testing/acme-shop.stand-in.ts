import { randomUUID } from 'node:crypto';
import type {
  ControlRoute,
  Failure,
  SandboxServices,
  StandIn,
  StandInReply,
  StandInRequest,
} from '@puente/integrations/testing';
import { jsonReply, RevocableKeys } from '@puente/integrations/testing';
import { z } from 'zod';

/** What the provider takes, in its own words: not the client's schema, or both could be wrong together. */
const NewItem = z.object({ name: z.string().min(1) });

const ITEMS = `
  CREATE TABLE IF NOT EXISTS acme_shop_items (
    idempotency_key text PRIMARY KEY,
    id              uuid NOT NULL DEFAULT gen_random_uuid(),
    name            text NOT NULL
  );
`;

/** Item and effect in one statement: the record of effects is what was done, also when this process is killed. */
const CREATE = `
  WITH made AS (
    INSERT INTO acme_shop_items (idempotency_key, name) VALUES ($1, $2)
    ON CONFLICT (idempotency_key) DO UPDATE SET name = acme_shop_items.name
    RETURNING id, name, xmax = 0 AS is_new
  ), effect AS (
    INSERT INTO sandbox_effects (part, at, operation, effect)
    SELECT 'acme-shop', sandbox_now($3), 'POST /items', json_build_object('id', id, 'name', name) FROM made WHERE is_new
  )
  SELECT id, name FROM made
`;

const USUAL_CODES: Readonly<Record<number, string>> = {
  400: 'INVALID_REQUEST',
  401: 'INVALID_KEY',
  403: 'INVALID_KEY',
};

/** Acme Shop in the sandbox, at `/acme-shop`: any key opens it until it is revoked (`POST /_sandbox/acme-shop/revoke`). */
export class AcmeShopStandIn implements StandIn {
  readonly id = 'acme-shop';
  readonly schema = RevocableKeys.schema + ITEMS;
  readonly tables = [RevocableKeys.table, 'acme_shop_items'];
  private running: { readonly services: SandboxServices; readonly keys: RevocableKeys } | undefined;

  async start(services: SandboxServices): Promise<void> {
    this.running = { services, keys: await RevocableKeys.load(services, this.id) };
  }

  async reset(): Promise<void> {
    this.running?.keys.forget();
  }

  get control(): readonly ControlRoute[] {
    return this.running?.keys.routes() ?? [];
  }

  claims({ path }: StandInRequest): boolean {
    return path.startsWith(`/${this.id}/`);
  }

  operation({ method, path }: StandInRequest): string {
    return `${method} ${path.slice(this.id.length + 1)}`;
  }

  async handle(request: StandInRequest): Promise<StandInReply> {
    const [, key = ''] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (this.running?.keys.opens(key) !== true) return this.failure(request, { status: 401 });
    switch (this.operation(request)) {
      case 'GET /account':
        return jsonReply(200, { name: 'Sandbox' });
      case 'POST /items':
        return this.createItem(request, this.running.services);
      default:
        return this.failure(request, { status: 404, code: 'NOT_FOUND' });
    }
  }

  failure(_request: StandInRequest, { status, code, message }: Failure): StandInReply {
    const usual = USUAL_CODES[status] ?? 'SERVER_ERROR';
    return jsonReply(status, { error: { code: code ?? usual, message: message ?? 'by order of the sandbox' } });
  }

  private async createItem(request: StandInRequest, { database, clock }: SandboxServices): Promise<StandInReply> {
    const input = NewItem.safeParse(bodyOf(request));
    if (!input.success) return this.failure(request, { status: 400, message: z.prettifyError(input.error) });
    const { 'idempotency-key': key = randomUUID() } = request.headers;
    const [item] = await database.query(CREATE, [key, input.data.name, clock.offsetMs(this.id)]);
    return jsonReply(201, item);
  }
}

function bodyOf({ body }: StandInRequest): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
