import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { uuidv7 } from '@puente/kernel';
import { IdempotencyKeyReusedError, PayloadCipher } from '@puente/ledger';
import { reserve } from './fixtures';
import { PurchaseOperations } from './purchase-operations';
import { PurchaseSettings, type ShopSettings } from './purchase-settings';
import { RequestIdReusedError, RequestNotFoundError, RequestShapeError } from './purchases.errors';
import type { PurchaseRequestBody, RequestStatus } from './purchases.schemas';
import { RequestDecisions, type Decided } from './request-decisions';
import {
  findByToken,
  findFirst,
  insertRequest,
  type NewRequest,
  type PurchaseRequest,
  REQUEST_COLUMNS,
} from './request-rows';
import { post } from './wallet-rows';

/** What may be said about a request; the user's own token and a status are not among it. */
export type WantedRequest = Omit<PurchaseRequestBody, 'auth0Token' | 'status'>;

export interface TakenRequest {
  readonly request: PurchaseRequest;
  /** It had come before, and nothing was done again. */
  readonly repeated: boolean;
}

export interface RequestFilter {
  /** From 1. */
  readonly page: number;
  readonly count: number;
  readonly userId?: string | undefined;
  readonly status?: RequestStatus | undefined;
}

export interface RequestPage {
  readonly requests: readonly PurchaseRequest[];
  readonly total: number;
}

/** Somebody else's transaction wrote the same request while this one was at it: undone, and answered with that one. */
class CameMeanwhile extends Error {}

/** Requests for units of fixtures (S2.1 to S2.4): our own group's and those of others. */
@Injectable()
export class PurchaseRequests {
  constructor(
    private readonly database: TenantDatabase,
    private readonly settings: PurchaseSettings,
    private readonly operations: PurchaseOperations,
    private readonly decisions: RequestDecisions,
    private readonly cipher: PayloadCipher,
  ) {}

  /**
   * Reserves the units, takes the money when the wallet pays, and tells the other groups of a request of ours: all of it
   * or nothing.
   *
   * @throws {RequestShapeError} ours without a user, or another group's without its id
   * @throws {FixtureUnavailableError} {@link ShopUserNotFoundError} {@link WalletInsufficientError}
   * @throws {IdempotencyKeyReusedError} {@link RequestIdReusedError}
   */
  async create(tenantId: string, wanted: WantedRequest, idempotencyKey?: string): Promise<PurchaseRequest> {
    const requestHash = await this.cipher.requestHash(tenantId, comparable(wanted));
    const attempt = async (tx: TenantTransaction): Promise<PurchaseRequest> =>
      (await this.taken(tx, wanted, { requestHash, idempotencyKey })).request;
    try {
      return await this.database.run(tenantId, attempt);
    } catch (error) {
      if (!(error instanceof CameMeanwhile)) throw error;
      return this.database.run(tenantId, attempt);
    }
  }

  /** The same in the caller's transaction, for requests that come over MQTT. */
  async take(tx: TenantTransaction, wanted: WantedRequest): Promise<TakenRequest> {
    return this.taken(tx, wanted, { requestHash: await this.cipher.requestHash(tx.tenantId, comparable(wanted)) });
  }

  /** Our own group's, newest first. */
  list(tenantId: string, { page, count, userId, status }: RequestFilter): Promise<RequestPage> {
    return this.database.run(tenantId, async (tx) => {
      const where = `tenant_id = $1 AND origin = 'internal' AND ($2::text IS NULL OR user_id = $2) AND ($3::text IS NULL OR status = $3)`;
      const given = [tenantId, userId ?? null, status ?? null];
      const [counted] = await tx.query<{ total: number }>(
        `SELECT count(*)::float8 AS total FROM purchase_requests WHERE ${where}`,
        given,
      );
      const requests = await tx.query<PurchaseRequest>(
        `SELECT ${REQUEST_COLUMNS} FROM purchase_requests WHERE ${where} ORDER BY seq DESC LIMIT $4 OFFSET $5`,
        [...given, count, (page - 1) * count],
      );
      return { requests, total: counted?.total ?? 0 };
    });
  }

  /** One of our own group's. @throws {RequestNotFoundError} */
  async get(tenantId: string, requestId: string): Promise<PurchaseRequest> {
    const row = await this.database.run(tenantId, (tx) => findFirst(tx, { requestId }));
    if (row?.origin !== 'internal') throw new RequestNotFoundError(requestId);
    return row;
  }

  /** The one that waits for the form with this token of Webpay's. @throws {RequestNotFoundError} */
  async withToken(tenantId: string, token: string): Promise<PurchaseRequest> {
    const row = token === '' ? undefined : await this.database.run(tenantId, (tx) => findByToken(tx, token));
    if (!row) throw new RequestNotFoundError('with this token');
    return row;
  }

  /**
   * Somebody's word about a request, ours or another group's.
   *
   * @throws {RequestNotFoundError} {@link RequestDecidedError} {@link RequestNotPaidError}
   */
  validate(tenantId: string, word: { requestId: string; groupId: string; valid: boolean }): Promise<Decided> {
    return this.database.run(tenantId, (tx) => this.decisions.decide(tx, { ...word, by: 'validation' }));
  }

  private async taken(
    tx: TenantTransaction,
    wanted: WantedRequest,
    mark: { readonly requestHash: Buffer; readonly idempotencyKey?: string | undefined },
  ): Promise<TakenRequest> {
    const settings = await this.settings.of(tx);
    const internal = wanted.group_id === settings.groupId;
    const first = await cameBefore(tx, wanted, mark, internal);
    if (first) return { request: first, repeated: true };
    const row = rowOf(wanted, internal);
    const price = await reserve(tx, row, settings.unitPrice);
    const holdMinutes = internal && !row.wallet ? settings.holdMinutes : null;
    const request = await insertRequest(tx, { ...row, ...mark, amount: price * row.quantity, holdMinutes });
    if (!request) throw new CameMeanwhile();
    if (internal) await this.begin(tx, request, settings);
    return { request, repeated: false };
  }

  private async begin(tx: TenantTransaction, request: PurchaseRequest, settings: ShopSettings): Promise<void> {
    const { requestId, userId, amount } = request;
    if (request.wallet && userId !== null) await post(tx, { kind: 'purchase', userId, amount, requestId });
    await this.operations.announceRequest(tx, request, settings);
  }
}

/** The key of a request of ours, or the id of another group's, may have come before. */
async function cameBefore(
  tx: TenantTransaction,
  { request_id: requestId }: WantedRequest,
  { requestHash, idempotencyKey }: { readonly requestHash: Buffer; readonly idempotencyKey?: string | undefined },
  internal: boolean,
): Promise<PurchaseRequest | undefined> {
  const byKey = idempotencyKey === undefined ? undefined : await findFirst(tx, { idempotencyKey });
  if (byKey && idempotencyKey !== undefined && !byKey.requestHash?.equals(requestHash)) throw new IdempotencyKeyReusedError(idempotencyKey); // prettier-ignore
  if (byKey || internal || !requestId) return byKey;
  const byId = await findFirst(tx, { requestId });
  if (byId && !byId.requestHash?.equals(requestHash)) throw new RequestIdReusedError(requestId);
  return byId;
}

function rowOf(wanted: WantedRequest, internal: boolean): Omit<NewRequest, 'amount' | 'requestHash' | 'holdMinutes'> {
  const [given, userId] = [wanted.request_id ?? '', wanted.user_id ?? null];
  if (internal && userId === null)
    throw new RequestShapeError('user_id', 'expected who buys: a request of our own group');
  if (internal && given !== '')
    throw new RequestShapeError('request_id', 'must be left out: requests of our own group get a new one');
  if (!internal && given === '')
    throw new RequestShapeError('request_id', "expected the id of another group's request");
  if (!internal && userId !== null)
    throw new RequestShapeError('user_id', 'must be left out: a request of another group');
  return {
    ...{ requestId: internal ? uuidv7() : given, origin: internal ? 'internal' : 'external' },
    ...{
      groupId: wanted.group_id,
      seller: wanted.seller,
      fixtureId: wanted.fixture_id,
      leagueName: wanted.league_name,
    },
    ...{ round: wanted.round, date: wanted.date, result: wanted.result, datetime: wanted.datetime },
    ...{ depositToken: wanted.deposit_token, quantity: wanted.quantity, userId, wallet: wanted.wallet },
  };
}

function comparable({ request_id, user_id, ...rest }: WantedRequest) {
  return { ...rest, request_id: request_id ?? '', user_id: user_id ?? '' };
}
