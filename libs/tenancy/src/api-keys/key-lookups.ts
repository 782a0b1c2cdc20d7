import { Injectable } from '@nestjs/common';
import { AuthDatabase, type PreparedStatement } from '@puente/database';
import type { Scope } from './api-key.entity';

export interface FoundKey {
  readonly id: string;
  readonly tenantId: string;
  readonly hash: Buffer;
  readonly scopes: Scope[];
  readonly userScope: string | null;
  readonly live: boolean;
  readonly tenantActive: boolean;
}

interface Batch {
  readonly prefixes: Set<string>;
  readonly found: Promise<ReadonlyMap<string, FoundKey>>;
}

/** The longest that the next query waits for the answer of the one before it: PostgreSQL may have forgotten that one. */
const PATIENCE_MS = 25;

const FIND: PreparedStatement = {
  name: 'find_api_keys',
  sql: `
    SELECT k.prefix, k.id, k.tenant_id AS "tenantId", k.secret_hash AS hash, k.scopes, k.user_scope AS "userScope",
      k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > puente_now()) AS live,
      t.status = 'active' AS "tenantActive"
    FROM api_keys k JOIN tenants t ON t.id = k.tenant_id WHERE k.prefix = ANY ($1)`,
};

/**
 * Looks up keys without remembering any: requests of one moment share a query that begins after the last of them has
 * come, so that a key which was revoked before a request is never accepted for it.
 */
@Injectable()
export class KeyLookups {
  private next: Batch | undefined;
  private running: Promise<void> | undefined;

  constructor(private readonly auth: AuthDatabase) {}

  async find(prefix: string): Promise<FoundKey | undefined> {
    this.next ??= this.gather();
    this.next.prefixes.add(prefix);
    return (await this.next.found).get(prefix);
  }

  private gather(): Batch {
    const prefixes = new Set<string>();
    return { prefixes, found: this.turn().then(() => this.look(prefixes)) };
  }

  /** Resolves when the next query may begin: whatever this turn of the event loop brings still joins it. */
  private async turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (!this.running) return;
    let patience: NodeJS.Timeout | undefined;
    await Promise.race([this.running, new Promise((resolve) => (patience = setTimeout(resolve, PATIENCE_MS)))]);
    clearTimeout(patience);
  }

  private look(prefixes: ReadonlySet<string>): Promise<ReadonlyMap<string, FoundKey>> {
    this.next = undefined; // from now on who asks must not be answered by this query
    const asked = this.auth.query<FoundKey & { readonly prefix: string }>(FIND, [[...prefixes]]);
    const running = asked.then(ignore, ignore).then(() => {
      if (this.running === running) this.running = undefined;
    });
    this.running = running;
    return asked.then((rows) => new Map(rows.map((row) => [row.prefix, row])));
  }
}

function ignore(): void {
  // Who asked hears of the failure; the next query only waits for the end.
}
