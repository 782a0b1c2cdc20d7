import type { OwnerDatabase } from '@puente/database';
import { rewrap, type WrappedDataKey } from '../envelopes/envelope';
import { EnvelopeUnreadableError } from '../envelopes/envelope.errors';
import { assertFits, readKeys } from '../envelopes/key-records';
import type { KeyProvider } from '../envelopes/key-provider.port';
import { replaceIn, WRAPPED_COLUMNS, type WrappedColumn, type WrappedRow, wrappedRows } from './wrapped-columns';

/** One more than anybody should need: rows that keep appearing under an old key mean a process that keeps writing it. */
const MAX_PASSES = 5;
const TELL_EVERY = 1_000;

/** A row whose data key does not open: changed, moved, or under a key that nobody knows. */
export interface UnreadableRow {
  readonly column: string;
  readonly tenantId: string;
  readonly rowId: string;
  readonly kid: string | null;
}

export interface RewrapProgress {
  /** So many rows of a column are done: told every thousand and at its end. */
  rewrapped(column: string, rows: number): void;
  unreadable(row: UnreadableRow): void;
}

/** One run over all columns, again and again until nothing is found under another key than the active one. */
export class Rewrapping {
  rewrapped = 0;
  private readonly bad = new Map<string, UnreadableRow>();
  private readonly written = new Set<string>();

  constructor(
    private readonly database: OwnerDatabase,
    private readonly keys: KeyProvider,
    private readonly progress: RewrapProgress,
  ) {}

  get unreadable(): readonly UnreadableRow[] {
    return [...this.bad.values()];
  }

  unreadableUnder(kid: string): number {
    return this.unreadable.filter((row) => row.kid === kid).length;
  }

  /** Old keys under which something was written after this began. */
  get stillWritten(): readonly string[] {
    return [...this.written].sort();
  }

  async run(): Promise<void> {
    const [clock] = await this.database.query<{ now: Date }>(`SELECT puente_now() AS now`);
    const begunAt = clock?.now ?? new Date();
    for (let pass = 1; pass <= MAX_PASSES; pass += 1) {
      let found = 0;
      // In the first pass what is found is old, unless it says otherwise; whatever a later one finds is new.
      const isNew = (row: WrappedRow): boolean => pass > 1 || (row.writtenAt !== null && row.writtenAt >= begunAt);
      for (const column of WRAPPED_COLUMNS) found += await this.column(column, isNew);
      if (found === 0) return;
    }
  }

  /** @returns how many rows it found to re-wrap, those included that somebody changed meanwhile */
  private async column(column: WrappedColumn, isNew: (row: WrappedRow) => boolean): Promise<number> {
    let [found, done] = [0, 0];
    for await (const row of wrappedRows(this.database, column, this.keys.activeKid)) {
      const by = await this.rewrapOf(column, row);
      if (!by) continue;
      found += 1;
      if (row.kid !== null && isNew(row)) this.written.add(row.kid);
      if (!(await replaceIn(this.database, column, row, by))) continue;
      this.rewrapped += 1;
      done += 1;
      if (done % TELL_EVERY === 0) this.progress.rewrapped(column.name, done);
    }
    if (done % TELL_EVERY !== 0) this.progress.rewrapped(column.name, done);
    return found;
  }

  private async rewrapOf(column: WrappedColumn, row: WrappedRow): Promise<WrappedDataKey | undefined> {
    try {
      return await rewrap(this.keys, column.place(row), row.sealed);
    } catch (error) {
      if (!(error instanceof EnvelopeUnreadableError)) throw error;
      // A key that came into use since we looked is no damage: the ring has to be completed first.
      if (row.kid !== null && !this.keys.kids.includes(row.kid))
        await assertFits(this.keys, await readKeys(this.database));
      this.note(column, row);
      return undefined;
    }
  }

  private note(column: WrappedColumn, row: WrappedRow): void {
    const key = `${column.name} ${row.id}`;
    if (this.bad.has(key)) return;
    const bad = { column: column.name, tenantId: row.tenantId, rowId: row.id, kid: row.kid };
    this.bad.set(key, bad);
    this.progress.unreadable(bad);
  }
}
