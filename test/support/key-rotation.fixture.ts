import { randomBytes } from 'node:crypto';
import { OwnerDatabase } from '@puente/database';
import { type JsonObject, SYSTEM_TENANT_ID, SystemClock } from '@puente/kernel';
import { startTenancy, type Tenancy } from './tenancy.fixture';
import { AuditLog } from '../../libs/tenancy/src/audit/audit-log';
import { CredentialCipher } from '../../libs/tenancy/src/envelopes/credential-cipher';
import { KeyCanaries } from '../../libs/tenancy/src/envelopes/key-canaries';
import { KeyProvider } from '../../libs/tenancy/src/envelopes/key-provider.port';
import { KeyRing } from '../../libs/tenancy/src/envelopes/key-ring';
import { MissingKeys } from '../../libs/tenancy/src/envelopes/missing-keys';
import { TenantDataKeys } from '../../libs/tenancy/src/envelopes/tenant-data-keys';
import { TenantKeyDatabase } from '../../libs/tenancy/src/envelopes/tenant-key-database';
import { TenantPayloadCipher } from '../../libs/tenancy/src/envelopes/tenant-payload-cipher';
import { IntegrationsAdmin } from '../../libs/tenancy/src/integrations/integrations-admin';
import { TenancyLog } from '../../libs/tenancy/src/tenancy.log';
import { TenantCredentialVault } from '../../libs/tenancy/src/vault/tenant-credential-vault';
import { KeyRotation, type RotationProgress } from '../../libs/tenancy/src/key-rotation/key-rotation';
import { countUses, rowsUnder } from '../../libs/tenancy/src/key-rotation/wrapped-columns';

/** What a test may change. */
const TABLES = [
  ...['tenants', 'tenant_integrations', 'integration_versions'],
  ...['encryption_keys', 'audit_heads', 'audit_entries'],
] as const;

export const origin = { actor: 'test' };
export const silent: RotationProgress = { waiting: () => 0, rewrapped: () => 0, unreadable: () => 0 };

const payloadPlace = (tenantId: string) => ({ tenantId, table: 'operations', rowId: 'row-1', column: 'input' });

/**
 * Two tenants and the platform with everything that is encrypted, on a ring of many keys of which `key-0` is the first to
 * be used. The process behind `tenancy` keeps that ring: it reads everything, and writes under `key-0` for ever.
 */
export class RotationBench {
  /** Data keys: three tenants', four versions', three integrations'. */
  static readonly rows = 10;
  private readonly payloads = new Map<string, JsonObject>();

  private constructor(
    readonly tenancy: Tenancy,
    readonly owner: OwnerDatabase,
    private readonly entries: readonly string[],
    readonly tenants: readonly [a: string, b: string],
  ) {}

  static async start(keys = 4): Promise<RotationBench> {
    const entries = Array.from({ length: keys }, (_, at) => `key-${String(at)}:${randomBytes(32).toString('base64')}`);
    const tenancy = await startTenancy({ KEY_RING: entries.join(',') });
    const owner = new OwnerDatabase(tenancy.database.ownerUrl, 'test');
    const tenants = [(await tenancy.tenant('A')).id, (await tenancy.tenant('B')).id] as const;
    const bench = new RotationBench(tenancy, owner, entries, tenants);
    await bench.fill();
    await tenancy.asSuperuser(`CREATE SCHEMA first`); // not public, where a process would refuse unguarded tables
    for (const table of TABLES) await tenancy.asSuperuser(`CREATE TABLE first.${table} AS TABLE ${table}`);
    return bench;
  }

  /** Everything as it was at the start, every row by its old id; tens of milliseconds instead of a new process. */
  async reset(): Promise<void> {
    await this.tenancy.asSuperuser(`SET session_replication_role = replica`); // no triggers, no foreign keys
    for (const table of TABLES) {
      await this.tenancy.asSuperuser(`DELETE FROM ${table}`);
      await this.tenancy.asSuperuser(`INSERT INTO ${table} SELECT * FROM first.${table}`);
    }
    await this.tenancy.asSuperuser(`SET session_replication_role = origin`);
  }

  async close(): Promise<void> {
    await this.owner.close();
    await this.tenancy.close();
  }

  private async fill(): Promise<void> {
    const [a, b] = this.tenants;
    const admin = this.tenancy.get(IntegrationsAdmin);
    await admin.put(origin, acmeOf(a), { secrets: { apiKey: 'first-key-of-a' } });
    await admin.rotate(origin, acmeOf(a), { secrets: { apiKey: `key-of-${a}` }, overlapHours: 24 });
    await admin.put(origin, acmeOf(b), { secrets: { apiKey: `key-of-${b}` } });
    const bulk = { tenantId: SYSTEM_TENANT_ID, provider: 'bulk', name: 'default' };
    await admin.put(origin, bulk, { secrets: { apiKey: 'key-of-platform' } });
    for (const tenantId of this.tenants)
      this.payloads.set(
        tenantId,
        await this.tenancy.get(TenantPayloadCipher).seal(payloadPlace(tenantId), { to: tenantId }),
      );
  }

  /** KEY_RING with this key first and, unless told otherwise, all others after it. */
  ringText(first: number, others = this.entries.map((_, at) => at)): string {
    return [first, ...others.filter((at) => at !== first)].map((at) => this.entries[at]!).join(',');
  }

  ring(first: number, others?: number[]): KeyProvider {
    return KeyRing.load({ inline: this.ringText(first, others) });
  }

  /** What the boot of a process with that ring does about keys. */
  boot(ring: KeyProvider): Promise<void> {
    const [audit, log] = [this.tenancy.get(AuditLog), this.tenancy.get(TenancyLog)];
    return new KeyCanaries(this.tenancy.rows, ring, audit, log).check();
  }

  rotation(ring: KeyProvider, database = this.owner): KeyRotation {
    return new KeyRotation(database, ring);
  }

  /** Boots with the key in front, then rotates to it. */
  async rotateTo(first: number, progress = silent) {
    await this.boot(this.ring(first));
    return this.rotation(this.ring(first)).run(origin, progress);
  }

  async rowsUnder(kid: string): Promise<number> {
    return rowsUnder(kid, await countUses(this.owner));
  }

  async rowsInAll(): Promise<number> {
    return (await countUses(this.owner)).reduce((sum, { rows }) => sum + rows, 0);
  }

  /** Through the vault, the payload cipher and the credential cipher: each secret and payload, by its content. */
  async readsEverything(): Promise<unknown> {
    const read: unknown[] = [];
    for (const tenantId of this.tenants) {
      read.push((await this.resolve(tenantId, 'acme')).apiKey, (await this.resolve(tenantId, 'bulk')).apiKey);
      read.push(await this.freshCipher().open(payloadPlace(tenantId), this.payloads.get(tenantId)!));
    }
    return [...read, ...(await this.versions())];
  }

  everything(): unknown {
    const [a, b] = this.tenants;
    return [
      ...[`key-of-${a}`, 'key-of-platform', { to: a }, `key-of-${b}`, 'key-of-platform', { to: b }],
      ...['first-key-of-a', `key-of-${a}`, `key-of-${b}`, 'key-of-platform'],
    ];
  }

  async resolve(tenantId: string, provider: string): Promise<Readonly<Record<string, unknown>>> {
    return (await this.tenancy.get(TenantCredentialVault).resolve(tenantId, provider, 'default')).secrets.reveal();
  }

  /** A process's payload cipher that holds no data key yet. */
  freshCipher(ring: KeyProvider = this.tenancy.get(KeyProvider)): TenantPayloadCipher {
    const database = this.tenancy.get(TenantKeyDatabase);
    return new TenantPayloadCipher(
      new TenantDataKeys(database, ring, new MissingKeys(database, ring), new SystemClock()),
    );
  }

  openPayload(tenantId: string, cipher = this.freshCipher()): Promise<unknown> {
    return cipher.open(payloadPlace(tenantId), this.payloads.get(tenantId)!);
  }

  /** All versions, the retiring one too, which no call reads. */
  private async versions(): Promise<unknown[]> {
    const rows = await this.tenancy.asSuperuser(
      `SELECT v.id, v.tenant_id, i.provider, v.version, v.envelope FROM integration_versions v
       JOIN tenant_integrations i ON i.id = v.integration_id ORDER BY v.id`,
    );
    const opened = rows.map(({ id, tenant_id, provider, version, envelope }) =>
      this.tenancy.get(CredentialCipher).open(
        {
          ...{ tenantId: tenant_id as string, provider: provider as string, column: 'integration_versions.envelope' },
          ...{ rowId: id as string, version: version as number },
        },
        envelope,
      ),
    );
    return (await Promise.all(opened)).map((secrets) => secrets.reveal().apiKey);
  }
}

export const acmeOf = (tenantId: string) => ({ tenantId, provider: 'acme', name: 'default' });
