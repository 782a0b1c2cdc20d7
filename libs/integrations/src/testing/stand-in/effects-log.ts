import type { JsonObject } from '@puente/kernel';
import type { SandboxDatabase } from './sandbox-database';

export interface EffectsQuery {
  readonly since?: Date | undefined;
  readonly limit?: number | undefined;
}

/**
 * What a provider really did: one row per effect, committed together with the effect. Tests of retries and crashes
 * compare it with what was asked for, so a stand-in either writes the row in the statement that makes the effect
 * (`INSERT INTO sandbox_effects` in a CTE) or, when the row is the whole effect, calls {@link EffectsLog.record}.
 */
export class EffectsLog {
  static readonly schema = `
    CREATE TABLE IF NOT EXISTS sandbox_effects (
      id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      part      text NOT NULL,
      at        timestamptz NOT NULL,
      operation text NOT NULL,
      effect    json NOT NULL
    );
    CREATE INDEX IF NOT EXISTS sandbox_effects_part ON sandbox_effects (part, id);
  `;

  constructor(private readonly database: SandboxDatabase) {}

  async record(part: string, operation: string, effect: JsonObject, offsetMs = 0): Promise<void> {
    await this.database.query(
      'INSERT INTO sandbox_effects (part, at, operation, effect) VALUES ($1, sandbox_now($4), $2, $3)',
      [part, operation, JSON.stringify(effect), offsetMs],
    );
  }

  /** Oldest first, as the control plane shows them: `{at, operation, …the effect's own fields}`. */
  async list(part: string, query: EffectsQuery = {}): Promise<Record<string, unknown>[]> {
    const rows = await this.database.query<{ at: Date; operation: string; effect: Record<string, unknown> }>(
      `SELECT at, operation, effect FROM sandbox_effects
        WHERE part = $1 AND ($2::timestamptz IS NULL OR at > $2) ORDER BY id LIMIT $3`,
      [part, query.since ?? null, query.limit ?? null],
    );
    return rows.map(({ at, operation, effect }) => ({ at: at.toISOString(), operation, ...effect }));
  }
}
