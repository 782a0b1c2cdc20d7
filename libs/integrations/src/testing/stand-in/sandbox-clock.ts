import type { SandboxDatabase } from './sandbox-database';

/**
 * Time for the stand-ins: the database's clock plus an offset per provider, moved by `POST /_sandbox/<id>/clock`.
 * SQL reads it as `sandbox_now(offset)`, so that all expiries of a provider move together and nobody has to wait
 * five minutes for a deduplication window to close. The offset survives a restart, as the rows it made do.
 */
export class SandboxClock {
  static readonly schema = `
    CREATE TABLE IF NOT EXISTS sandbox_clocks (
      part      text PRIMARY KEY,
      offset_ms bigint NOT NULL
    );
    CREATE OR REPLACE FUNCTION sandbox_now(offset_ms bigint) RETURNS timestamptz LANGUAGE sql STABLE AS
      $$ SELECT statement_timestamp() + offset_ms * interval '1 millisecond' $$;
  `;

  private readonly offsets = new Map<string, number>();
  private readonly listeners = new Map<string, Set<() => void>>();

  constructor(private readonly database: SandboxDatabase) {}

  async load(): Promise<void> {
    const rows = await this.database.query<{ part: string; offset_ms: string }>(
      'SELECT part, offset_ms FROM sandbox_clocks',
    );
    this.offsets.clear();
    for (const row of rows) this.offsets.set(row.part, Number(row.offset_ms));
  }

  /** For `sandbox_now($n)`. */
  offsetMs(part: string): number {
    return this.offsets.get(part) ?? 0;
  }

  /** For expiries that are compared in memory. */
  nowMs(part: string): number {
    return Date.now() + this.offsetMs(part);
  }

  /** @returns the new offset. */
  async advance(part: string, ms: number): Promise<number> {
    const offset = this.offsetMs(part) + ms;
    await this.database.query(
      `INSERT INTO sandbox_clocks (part, offset_ms) VALUES ($1, $2)
       ON CONFLICT (part) DO UPDATE SET offset_ms = excluded.offset_ms`,
      [part, offset],
    );
    this.offsets.set(part, offset);
    for (const listener of this.listeners.get(part) ?? []) listener();
    return offset;
  }

  /** Called after each change: whoever sleeps until a moment looks again. */
  onChange(part: string, listener: () => void): void {
    const known = this.listeners.get(part) ?? new Set();
    known.add(listener);
    this.listeners.set(part, known);
  }

  reset(): void {
    this.offsets.clear();
    for (const listeners of this.listeners.values()) for (const listener of listeners) listener();
  }
}
