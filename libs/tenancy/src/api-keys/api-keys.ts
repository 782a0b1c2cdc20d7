import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfigService } from '@puente/config';
import { TenantDatabase } from '@puente/database';
import { isUuid, Secret, SYSTEM_TENANT_ID, uuidv7 } from '@puente/kernel';
import { AuditLog, type Origin } from '../audit/audit-log';
import { type FieldProblem, InvalidFieldsError } from '../invalid-fields.errors';
import { isPlainName } from '../plain-text';
import { TenantNotFoundError, TenantSuspendedError } from '../tenants/tenant.errors';
import { ApiKeyNotFoundError, UnauthenticatedError } from './api-key.errors';
import { ApiKeyRecord, type Scope, SCOPES } from './api-key.entity';
import { hashApiKey, makeApiKey, parseApiKey } from './api-key-format';
import { KeyLookups } from './key-lookups';
import { LastUse } from './last-use';

/** Who a request comes from, once its key proved right. */
export interface Caller {
  readonly tenantId: string;
  readonly keyId: string;
  readonly scopes: readonly Scope[];
  /** The one end user the key is restricted to. */
  readonly userScope: string | null;
}

export interface ApiKeyView {
  readonly id: string;
  readonly prefix: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly userScope: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
}

export interface NewApiKeyInput {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly userScope?: string | undefined;
  readonly expiresAt?: Date | undefined;
}

/** Compared with when there is no such prefix, so that an unknown key takes as long as a wrong one. */
const NO_KEY = hashApiKey('');

/** Keys to our own API. Looked up after every request has come, so a revoked key is refused at once, in every process. */
@Injectable()
export class ApiKeys {
  constructor(
    private readonly lookups: KeyLookups,
    private readonly database: TenantDatabase,
    private readonly audit: AuditLog,
    private readonly lastUse: LastUse,
    private readonly config: AppConfigService,
  ) {}

  /**
   * @throws {UnauthenticatedError} the same for every reason
   * @throws {TenantSuspendedError} only to the holder of a right key
   */
  async authenticate(token: string | undefined): Promise<Caller> {
    const parsed = parseApiKey(token ?? '');
    if (token === undefined || parsed?.env !== this.config.get('ENV')) throw new UnauthenticatedError();
    const found = await this.lookups.find(parsed.prefix);
    const right = timingSafeEqual(hashApiKey(token), found?.hash ?? NO_KEY);
    if (!found?.live || !right) throw new UnauthenticatedError();
    if (!found.tenantActive) throw new TenantSuspendedError(found.tenantId);
    this.lastUse.note(found.tenantId, found.id);
    return { tenantId: found.tenantId, keyId: found.id, scopes: found.scopes, userScope: found.userScope };
  }

  /** The key itself is in the answer and nowhere else: only its hash is kept. */
  async create(
    origin: Origin,
    tenantId: string,
    input: NewApiKeyInput,
  ): Promise<{ readonly key: Secret; readonly view: ApiKeyView }> {
    const problems = problemsOf(tenantId, input);
    if (problems.length > 0) throw new InvalidFieldsError(problems);
    const { key, prefix } = makeApiKey(this.config.get('ENV'));
    const id = uuidv7();
    return this.database.run(tenantId, async (tx) => {
      const tenant = await tx.query(`SELECT FROM tenants WHERE id = $1 AND status <> 'deleted'`, [tenantId]);
      if (tenant.length === 0) throw new TenantNotFoundError(tenantId);
      await tx.query(
        `INSERT INTO api_keys (id, tenant_id, prefix, secret_hash, name, scopes, user_scope, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, puente_now(), $8)`,
        [
          id,
          tenantId,
          prefix,
          hashApiKey(key),
          input.name,
          input.scopes,
          input.userScope ?? null,
          input.expiresAt ?? null,
        ],
      );
      const detail = { prefix, scopes: [...input.scopes] };
      await this.audit.record(tx, {
        ...origin,
        action: 'api_key.created',
        target: `api_key:${id}`,
        outcome: 'done',
        detail,
      });
      const record = await tx.manager.getRepository(ApiKeyRecord).findOneByOrFail({ id });
      return { key: new Secret(key), view: viewOf(record) };
    });
  }

  /** All of a tenant's keys, newest first, revoked ones included; never their hashes. */
  async list(tenantId: string): Promise<ApiKeyView[]> {
    const records = await this.database.run(tenantId, (tx) =>
      tx.manager.getRepository(ApiKeyRecord).find({ where: { tenantId }, order: { id: 'DESC' } }),
    );
    return records.map(viewOf);
  }

  /** Takes effect with the next request. Revoking again changes nothing. */
  async revoke(origin: Origin, tenantId: string, id: string): Promise<void> {
    await this.database.run(tenantId, async (tx) => {
      const [key] = isUuid(id)
        ? await tx.query<{ prefix: string; revoked: boolean }>(
            `SELECT prefix, revoked_at IS NOT NULL AS revoked FROM api_keys WHERE id = $1 FOR UPDATE`,
            [id],
          )
        : [];
      if (!key) throw new ApiKeyNotFoundError(id);
      if (key.revoked) return;
      await tx.query(`UPDATE api_keys SET revoked_at = puente_now() WHERE id = $1`, [id]);
      const detail = { prefix: key.prefix };
      await this.audit.record(tx, {
        ...origin,
        action: 'api_key.revoked',
        target: `api_key:${id}`,
        outcome: 'done',
        detail,
      });
    });
  }
}

function problemsOf(tenantId: string, { name, scopes, userScope, expiresAt }: NewApiKeyInput): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!isPlainName(name)) problems.push({ path: 'name', message: 'expected 1 to 200 visible characters' });
  if (scopes.length === 0 || new Set(scopes).size !== scopes.length || !scopes.every((scope) => SCOPES.includes(scope)))
    problems.push({ path: 'scopes', message: `expected some of ${SCOPES.join(', ')}, each once` });
  if (scopes.includes('platform') && tenantId !== SYSTEM_TENANT_ID)
    problems.push({ path: 'scopes', message: 'platform is only for keys of the system tenant' });
  if (userScope !== undefined && !isPlainName(userScope))
    problems.push({ path: 'userScope', message: 'expected 1 to 200 visible characters' });
  if (expiresAt !== undefined && !(expiresAt.getTime() > Date.now()))
    problems.push({ path: 'expiresAt', message: 'expected a time in the future' });
  return problems;
}

function viewOf(record: ApiKeyRecord): ApiKeyView {
  const { id, prefix, name, scopes, userScope, createdAt, expiresAt, revokedAt, lastUsedAt } = record;
  return { id, prefix, name, scopes, userScope, createdAt, expiresAt, revokedAt, lastUsedAt };
}
