import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock, type JsonObject } from '@puente/kernel';
import { BoundedCache } from '../bounded-cache';
import { TenantNotFoundError } from '../tenants/tenant.errors';
import { ENVELOPE_VERSION, members, type Place, wrapContext } from './envelope';
import { EnvelopeUnreadableError } from './envelope.errors';
import { KeyProvider } from './key-provider.port';
import { deriveKey, fromBase64, KEY_BYTES } from './sealed-box';
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
    private readonly clock: Clock,
  ) {}

  /** @throws {TenantNotFoundError} also when the tenant was deleted and its key destroyed */
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

  /** A new tenant's data key, wrapped, for `tenants.data_key`. */
  async create(tenantId: string): Promise<JsonObject> {
    const dataKey = randomBytes(KEY_BYTES);
    const { kid, bytes } = await this.keys.wrap(dataKey, wrapContext(placeOf(tenantId)));
    dataKey.fill(0);
    return { v: ENVELOPE_VERSION, kid, wdk: bytes.toString('base64') };
  }

  private async load(tenantId: string): Promise<TenantKeys> {
    const stored = await this.database.dataKeyOf(tenantId);
    if (stored === undefined || stored === null) throw new TenantNotFoundError(tenantId);
    const { kid, wdk } = members(stored, ['v', 'kid', 'wdk']);
    if (typeof kid !== 'string') throw new EnvelopeUnreadableError();
    const dataKey = await this.keys.unwrap({ kid, bytes: fromBase64(wdk) }, wrapContext(placeOf(tenantId)));
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

function placeOf(tenantId: string): Place {
  return { kind: 'tenant-data-key', tenant: tenantId, column: 'tenants.data_key', row: tenantId };
}
