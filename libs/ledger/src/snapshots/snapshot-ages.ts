/** Who keeps PostgreSQL from cleaning up, as `oldest_snapshots()` tells it. Names and times; no text of a query. */
export interface SnapshotRow {
  readonly kind: 'transaction' | 'prepared' | 'slot';
  /** The application's name, the prepared transaction's, the slot's. */
  readonly name: string;
  readonly pid: number | null;
  readonly role: string | null;
  /** `active`, `idle in transaction` …; of a slot whether somebody reads it. */
  readonly state: string | null;
  /** null: PostgreSQL does not say since when; a slot's xmin then. */
  readonly seconds: number | null;
  readonly xmin: string | null;
}

export interface SnapshotHolder extends SnapshotRow {
  readonly seconds: number;
}

/** Slots have no clock: one whose xmin does not move is as old as it has been seen standing there. */
export class SnapshotAges {
  private readonly seen = new Map<string, { readonly xmin: string | null; readonly sinceMs: number }>();

  /** @returns the same with an age, oldest first */
  of(rows: readonly SnapshotRow[], nowMs: number): SnapshotHolder[] {
    const slots = new Set(rows.filter(({ kind }) => kind === 'slot').map(({ name }) => name));
    for (const name of this.seen.keys()) if (!slots.has(name)) this.seen.delete(name);
    return rows
      .map((row) => ({ ...row, seconds: row.seconds ?? this.standing(row, nowMs) }))
      .sort((a, b) => b.seconds - a.seconds);
  }

  private standing({ name, xmin }: SnapshotRow, nowMs: number): number {
    const before = this.seen.get(name);
    if (before?.xmin === xmin) return (nowMs - before.sinceMs) / 1_000;
    this.seen.set(name, { xmin, sinceMs: nowMs });
    return 0;
  }
}
