import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock, type JsonObject } from '@puente/kernel';
import { BoundedCache } from '../bounded-cache';
import { TenantNotFoundError } from '../tenants/tenant.errors';
import { type Place, unwrapDataKey, wrapDataKey } from './envelope';
import { KeyProvider } from './key-provider.port';
import { MissingKeys } from './missing-keys';
import { deriveKey, KEY_BYTES } from './sealed-box';
import { TenantKeyDatabase } from './tenant-key-database';

/** How many tenants' keys a process holds, and for how long: a deleted tenant's key is gone after that. */
const MAX_TENANTS = 1_000;
const KEEP_MS = 300_000;

/** One key per purpose, derived from the tenant's data key. */
export interface TenantKeys {
  readonly payload: Buffer;
  readonly requestHash: Buffer;
  readonly fingerprint: Buffer;
}

interface Held {
  readonly keys: Promise<TenantKeys>;
  readonly until: number;
}

/** Tenants' data keys in memory: unwrapped on first use, so that sealing a payload costs no query. */
@Injectable()
export class TenantDataKeys {
  private readonly held = new BoundedCache<string, Held>(MAX_TENANTS);

  constructor(
    private readonly database: TenantKeyDatabase,
    private readonly keys: KeyProvider,
    private readonly missing: MissingKeys,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws {TenantNotFoundError} also when the tenant was deleted and its key destroyed
   * @throws {EncryptionKeyMissingError} when the key is sound and only this process cannot read it
   */
  of(tenantId: string): Promise<TenantKeys> {
    const held = this.held.get(tenantId);
    if (held && held.until > this.clock.monotonicMs()) return held.keys;
    const keys = this.load(tenantId);
    const entry = { keys, until: this.clock.monotonicMs() + KEEP_MS };
    this.held.set(tenantId, entry);
    keys.catch(() => {
      if (this.held.get(tenantId) === entry) this.held.delete(tenantId);
    });
    return keys;
  }

  /** The tenant's key was destroyed: this process does without its copy as well. The others forget theirs in time. */
  forget(tenantId: string): void {
    this.held.delete(tenantId);
  }

  /** A new tenant's data key, wrapped, for `tenants.data_key`. */
  async create(tenantId: string): Promise<JsonObject> {
    const dataKey = randomBytes(KEY_BYTES);
    const wrapped = await wrapDataKey(this.keys, dataKeyPlace(tenantId), dataKey);
    dataKey.fill(0);
    return { ...wrapped };
  }

  private async load(tenantId: string): Promise<TenantKeys> {
    const stored = await this.database.dataKeyOf(tenantId);
    if (stored === undefined || stored === null) throw new TenantNotFoundError(tenantId);
    const dataKey = await this.missing.named(stored, unwrapDataKey(this.keys, dataKeyPlace(tenantId), stored));
    try {
      return {
        payload: deriveKey(dataKey, 'payload'),
        requestHash: deriveKey(dataKey, 'request-hash'),
        fingerprint: deriveKey(dataKey, 'fingerprint'),
      };
    } finally {
      dataKey.fill(0);
    }
  }
}

/** What is bound into a tenant's wrapped data key. */
export function dataKeyPlace(tenantId: string): Place {
  return { kind: 'tenant-data-key', tenant: tenantId, column: 'tenants.data_key', row: tenantId };
}
