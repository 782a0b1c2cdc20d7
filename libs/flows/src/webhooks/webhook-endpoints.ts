import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { EgressGuard } from '@puente/egress';
import { isUuid, uuidv7 } from '@puente/kernel';
import { MOST_SIGNING_SECRETS } from '@puente/providers/webhooks';
import { AuditLog, type Origin } from '@puente/tenancy';
import {
  type EndpointFilter,
  type EndpointRow,
  findEndpoint,
  listEndpoints,
  lockEndpoint,
  saveEndpoint,
} from './endpoint-rows';
import { EndpointStates, targetOf } from './endpoint-states';
import { EndpointStore, requireHeadersFor } from './endpoint-store';
import { newSecrets, rotated, shown, type ShownSecret, unexpired } from './signing-keys';
import { SigningSecretsFullError, WebhookEndpointNotFoundError } from './webhooks.errors';
import type { CreateEndpointBody, PatchEndpointBody, RotateSecretBody } from './webhooks.schemas';

export type EndpointView = EndpointRow;

/** With what is shown this once. */
export interface EndpointWithSecrets extends EndpointView {
  readonly secrets: readonly ShownSecret[];
}

export interface EndpointPage {
  readonly items: readonly EndpointView[];
  /** Id before which the next page begins, null on the last one. */
  readonly next: string | null;
}

/** The endpoints of a tenant: who wants to hear what, and where. An endpoint and its credentials are one commit. */
@Injectable()
export class WebhookEndpoints {
  constructor(
    private readonly database: TenantDatabase,
    private readonly store: EndpointStore,
    private readonly states: EndpointStates,
    private readonly egress: EgressGuard,
    private readonly audit: AuditLog,
  ) {}

  /** @throws {EgressError} the URL leads where nobody may be called @throws {InvalidFieldsError} */
  async create(tenantId: string, body: CreateEndpointBody, origin: Origin): Promise<EndpointWithSecrets> {
    await this.egress.check(body.url);
    const { url, headers = {}, ratePerSecond, timeoutSeconds, enabled, signatures, secret, ...fields } = body;
    const signing = newSecrets(signatures, secret);
    const id = uuidv7();
    const made = await this.database.run(tenantId, async (tx) => {
      await saveEndpoint(tx, { id, ...fields });
      await this.store.save(tx, origin, id, { url, headers, ratePerSecond, timeoutSeconds, signing }, true);
      const detail = { eventTypes: fields.eventTypes, userId: fields.userId, enabled };
      await this.audit.record(tx, { ...origin, action: 'webhook-endpoint.created', target: targetOf(id), outcome: 'done', detail }); // prettier-ignore
      if (!enabled) await this.states.disable(tx, { id, url, enabled: true, failingSince: null }, 'admin', origin);
      return found(await findEndpoint(tx, id), id);
    });
    return { ...made, secrets: shown(signing) };
  }

  /** @throws {WebhookEndpointNotFoundError} also for another tenant's */
  async get(tenantId: string, id: string): Promise<EndpointView> {
    const row = isUuid(id) ? await this.database.run(tenantId, (tx) => findEndpoint(tx, id)) : undefined;
    return found(row, id);
  }

  /** Newest first. @param cursor `next` of the page before */
  async list(tenantId: string, filter: EndpointFilter = {}, cursor?: string, limit = 25): Promise<EndpointPage> {
    const rows = await this.database.run(tenantId, (tx) => listEndpoints(tx, filter, cursor, limit + 1));
    const items = rows.slice(0, limit);
    return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  }

  /**
   * Changes what is given. Credentials are touched only when they change.
   *
   * @throws {WebhookEndpointNotFoundError} {@link SecretsRequiredError} {@link EgressError} {@link InvalidFieldsError}
   */
  async patch(tenantId: string, id: string, body: PatchEndpointBody, origin: Origin): Promise<EndpointView> {
    if (body.url !== undefined) {
      await this.get(tenantId, id); // of what is not there nothing else is said
      await this.egress.check(body.url);
    }
    return this.change(tenantId, id, async (tx, row) => {
      const { url, headers, ratePerSecond, timeoutSeconds, enabled, ...fields } = body;
      const { description, eventTypes, userId, payloadVersion, ordering, headOfLine } = row;
      const own = { description, eventTypes, userId, payloadVersion, ordering, headOfLine };
      await saveEndpoint(tx, { id, ...own, ...given(fields) });
      const credentials = given({ url, headers, ratePerSecond, timeoutSeconds });
      if (Object.keys(credentials).length > 0) {
        const before = await this.store.open(tx, id);
        requireHeadersFor(before, url ?? before.url, headers);
        const after = { ...before, ...credentials };
        await this.store.save(tx, origin, id, after, row.enabled);
      }
      const detail = { fields: Object.keys(given(body)) };
      await this.audit.record(tx, { ...origin, action: 'webhook-endpoint.changed', target: targetOf(id), outcome: 'done', detail }); // prettier-ignore
      if (enabled === true) await this.states.enable(tx, row, origin);
      if (enabled === false) await this.states.disable(tx, row, 'admin', origin);
    });
  }

  /** New signing secrets of the same kinds; the old ones sign beside them for the overlap. @throws as {@link patch}, {@link SigningSecretsFullError} */
  async rotate(tenantId: string, id: string, body: RotateSecretBody, origin: Origin): Promise<EndpointWithSecrets> {
    const { overlapSeconds, secret } = body;
    let fresh: readonly ShownSecret[] = [];
    const row = await this.change(tenantId, id, async (tx, { enabled }) => {
      const before = await this.store.open(tx, id);
      const now = await databaseNow(tx);
      const rotation = rotated(before.signing, { now, overlapMs: overlapSeconds * 1_000, given: secret });
      if (rotation.all.length > MOST_SIGNING_SECRETS) throw new SigningSecretsFullError(id, MOST_SIGNING_SECRETS);
      fresh = shown(rotation.fresh);
      await this.store.save(tx, origin, id, { ...before, signing: rotation.all }, enabled);
      const detail = { overlapSeconds, kinds: fresh.map(({ kind }) => kind) };
      await this.audit.record(tx, { ...origin, action: 'webhook-endpoint.secret_rotated', target: targetOf(id), outcome: 'done', detail }); // prettier-ignore
    });
    return { ...row, secrets: fresh };
  }

  /** Removes secrets whose overlap is over: they sign no more, and need not be kept. */
  async removeExpired(tenantId: string, id: string): Promise<void> {
    const origin = { actor: 'system:webhooks' };
    await this.change(tenantId, id, async (tx, { enabled }) => {
      const before = await this.store.open(tx, id);
      const signing = unexpired(before.signing, await databaseNow(tx));
      await this.store.save(tx, origin, id, { ...before, signing }, enabled);
    });
  }

  private change(
    tenantId: string,
    id: string,
    work: (tx: TenantTransaction, row: EndpointRow) => Promise<void>,
  ): Promise<EndpointRow> {
    return this.database.run(tenantId, async (tx) => {
      await work(tx, found(isUuid(id) ? await lockEndpoint(tx, id) : undefined, id));
      return found(await findEndpoint(tx, id), id);
    });
  }
}

function found(row: EndpointRow | undefined, id: string): EndpointRow {
  if (!row) throw new WebhookEndpointNotFoundError(id);
  return row;
}

/** Without what was left out. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

async function databaseNow(tx: TenantTransaction): Promise<Date> {
  const [row] = await tx.query<{ now: Date }>(`SELECT puente_now() AS now`);
  return row?.now ?? new Date();
}
