import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { Clock } from '@puente/kernel';
import { BoundedCache } from '../bounded-cache';
import { TenancyLog } from '../tenancy.log';

const EVERY_MS = 60_000;
const MAX_KEYS = 10_000;

/** Notes when a key was last used: at most once a minute, after the fact, and never in the way of the request. */
@Injectable()
export class LastUse {
  private readonly noted = new BoundedCache<string, number>(MAX_KEYS);
  private readonly writing = new Set<Promise<void>>();

  constructor(
    private readonly database: TenantDatabase,
    private readonly clock: Clock,
    private readonly log: TenancyLog,
  ) {}

  note(tenantId: string, keyId: string): void {
    const now = this.clock.monotonicMs();
    const last = this.noted.get(keyId);
    if (last !== undefined && now - last < EVERY_MS) return;
    this.noted.set(keyId, now);
    const write = this.write(tenantId, keyId).finally(() => this.writing.delete(write));
    this.writing.add(write);
  }

  /** Resolves when nothing is being written any more; for an orderly end. */
  async settled(): Promise<void> {
    await Promise.all(this.writing);
  }

  private async write(tenantId: string, keyId: string): Promise<void> {
    try {
      await this.database.run(tenantId, (tx) =>
        // The condition again: another process may have noted it a moment ago.
        tx.query(
          `UPDATE api_keys SET last_used_at = puente_now()
           WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < puente_now() - interval '1 minute')`,
          [keyId],
        ),
      );
    } catch (error) {
      this.log.lastUseFailed(keyId, error);
    }
  }
}
