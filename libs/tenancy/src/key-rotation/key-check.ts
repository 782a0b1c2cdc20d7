import type { OwnerDatabase } from '@puente/database';
import { proveDataKey } from '../envelopes/envelope';
import { EnvelopeUnreadableError } from '../envelopes/envelope.errors';
import { keyAgeInDays, type KeyRecord, readKeys, ringProblems, ROTATE_AFTER_DAYS } from '../envelopes/key-records';
import type { KeyProvider } from '../envelopes/key-provider.port';
import type { UnreadableRow } from './rewrapping';
import { countUses, type KeyUse, rowsUnder, WRAPPED_COLUMNS, wrappedRows } from './wrapped-columns';

/** What is known of one key: from the ring, from the database, or from both. */
export interface KeyStatus {
  readonly kid: string;
  /** Data keys that lie under it. */
  readonly rows: number;
  /** `active`: the newest one in use. `unknown`: rows name it, but no process ever used it. `unused`: only in the ring. */
  readonly state: 'active' | 'old' | 'retired' | 'unused' | 'unknown';
  /** Whether the ring has it, as the very key that was used under this name. */
  readonly inRing: 'proven' | 'missing' | 'wrong' | 'unproven';
  readonly firstUsedAt: Date | null;
  readonly retiredAt: Date | null;
  readonly ageDays: number | null;
  readonly isDue: boolean;
}

export interface KeyReport {
  readonly keys: readonly KeyStatus[];
  /** Data keys that were unwrapped, one by one, of those that are stored. */
  readonly proven: number;
  readonly stored: number;
  /** Rows that the ring should open and does not. */
  readonly unreadable: readonly UnreadableRow[];
}

/** Whether everything can be read with this ring and what it lacks: that is what a backup copy must be able to do. */
export function isWhole({ keys, unreadable }: KeyReport): boolean {
  return unreadable.length === 0 && keys.every((key) => !isLacking(key));
}

/** A retired key may be missing: nothing lies under it but what older backups hold. */
export function isLacking({ state, inRing }: KeyStatus): boolean {
  return inRing === 'wrong' || state === 'unknown' || (inRing === 'missing' && state !== 'retired');
}

/**
 * Proves that a key ring opens everything there is: each key's canary, then each data key. Nothing is changed, and nothing
 * that a data key encrypts is read.
 */
export class KeyCheck {
  constructor(
    private readonly database: OwnerDatabase,
    private readonly keys: KeyProvider,
  ) {}

  async run(): Promise<KeyReport> {
    const known = await readKeys(this.database);
    const problems = await ringProblems(this.keys, known);
    const lacking = new Set([...problems.missing, ...problems.wrong]);
    const unreadable: UnreadableRow[] = [];
    let proven = 0;
    for (const column of WRAPPED_COLUMNS)
      for await (const row of wrappedRows(this.database, column)) {
        if (row.kid !== null && lacking.has(row.kid)) continue; // said once, with the key
        if (await this.opens(column.place(row), row.sealed)) proven += 1;
        else unreadable.push({ column: column.name, tenantId: row.tenantId, rowId: row.id, kid: row.kid });
      }
    const uses = await countUses(this.database);
    const stored = uses.reduce((sum, { rows }) => sum + rows, 0);
    return { keys: this.statuses(known, problems.wrong, uses), proven, stored, unreadable };
  }

  private async opens(...[place, sealed]: [Parameters<typeof proveDataKey>[1], unknown]): Promise<boolean> {
    try {
      await proveDataKey(this.keys, place, sealed);
      return true;
    } catch (error) {
      if (error instanceof EnvelopeUnreadableError) return false;
      throw error;
    }
  }

  private statuses(known: readonly KeyRecord[], wrong: readonly string[], uses: readonly KeyUse[]): KeyStatus[] {
    const newest = known.filter(({ retiredAt }) => !retiredAt).at(-1);
    const strangers = uses.flatMap(({ kid }) => (kid === null ? [] : [kid]));
    const kids = new Set([...known.map(({ kid }) => kid), ...this.keys.kids, ...strangers]);
    return [...kids].map((kid) => {
      const record = known.find((key) => key.kid === kid);
      const rows = rowsUnder(kid, uses);
      const age = record ? keyAgeInDays(record) : null;
      return {
        ...{ kid, rows, state: stateOf(record, newest, rows), inRing: this.inRing(kid, record, wrong) },
        ...{ firstUsedAt: record?.firstUsedAt ?? null, retiredAt: record?.retiredAt ?? null, ageDays: age },
        isDue: record !== undefined && record === newest && (age ?? 0) >= ROTATE_AFTER_DAYS,
      };
    });
  }

  private inRing(kid: string, record: KeyRecord | undefined, wrong: readonly string[]): KeyStatus['inRing'] {
    if (!this.keys.kids.includes(kid)) return 'missing';
    if (!record) return 'unproven';
    return wrong.includes(kid) ? 'wrong' : 'proven';
  }
}

function stateOf(record: KeyRecord | undefined, newest: KeyRecord | undefined, rows: number): KeyStatus['state'] {
  if (!record) return rows > 0 ? 'unknown' : 'unused';
  if (record.retiredAt) return 'retired';
  return record === newest ? 'active' : 'old';
}
