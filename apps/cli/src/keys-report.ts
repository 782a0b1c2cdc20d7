import {
  isLacking,
  isWhole,
  type KeyReport,
  type KeyStatus,
  type KeyUse,
  type RotationReport,
  type UnreadableRow,
} from '@puente/tenancy';

/** What lies under which key, a line per column, and what a run would do. */
export function planLines(active: string, uses: readonly KeyUse[]): string[] {
  const waiting = total(uses.filter(({ kid }) => kid !== active));
  return [...useLines(uses), `${count(waiting)} would be re-wrapped under ${active}.`];
}

export function rotationLines({ kid, rewrapped, unreadable, stillWritten, retired, uses }: RotationReport): string[] {
  return [
    `${count(rewrapped)} re-wrapped under ${kid}. Now:`,
    ...useLines(uses),
    ...retired.map(
      (old) =>
        `${old} is retired: it may leave the key ring of every process. Backups made before now cannot be read without it: keep it with them.`,
    ),
    ...stillWritten.map(
      (old) =>
        `Some process still encrypts under ${old}. Start every process again with ${kid} first in its ring, then repeat this.`,
    ),
    ...(unreadable.length === 0
      ? []
      : [
          `Rows that do not open: ${String(unreadable.length)}. They were left as they are. Save those credentials again, or restore the rows from a backup; the keys that they name stay in the ring until then.`,
        ]),
  ];
}

export function unreadableLine({ column, tenantId, rowId, kid }: UnreadableRow): string {
  return `does not open: ${column}, tenant ${tenantId}, row ${rowId}, ${kid === null ? 'no envelope' : `under ${kid}`}`;
}

export function checkLines(report: KeyReport, ring: string): string[] {
  const table = [['key', 'data keys', 'state', 'in the ring', 'first used', 'age'], ...report.keys.map(cells)];
  return [
    ...aligned(table),
    ...report.keys.flatMap((key) => remarks(key, ring)),
    ...report.unreadable.map(unreadableLine),
    isWhole(report)
      ? `${ring} is whole: it opens all ${count(report.proven)}.`
      : `${ring} is NOT whole: it opens ${String(report.proven)} of ${count(report.stored)}.`,
  ];
}

function cells({ kid, rows, state, inRing, firstUsedAt, ageDays }: KeyStatus): string[] {
  const day = firstUsedAt?.toISOString().slice(0, 10) ?? '-';
  return [kid, String(rows), state, inRing, day, ageDays === null ? '-' : `${String(ageDays)} days`];
}

function remarks(key: KeyStatus, ring: string): string[] {
  const { kid, rows, state, inRing } = key;
  if (state === 'unknown') return [`${kid}: rows name it, but no process ever used a key of this name.`];
  if (inRing === 'wrong') return [`${kid}: the key in ${ring} is not the one that was used under this name.`];
  if (isLacking(key) && rows === 0)
    return [
      `${kid}: missing from ${ring}. Nothing lies under it; if it is lost or was a mistake: puente keys retire ${kid}`,
    ];
  if (isLacking(key)) return [`${kid}: missing from ${ring}; ${count(rows)} cannot be opened without it.`];
  if (inRing === 'missing') return [`${kid}: retired and not in ${ring}; only older backups need it.`];
  if (state === 'old') return [`${kid}: not the newest any more. To retire it: puente keys rotate`];
  if (key.isDue) return [`${kid}: in use for ${String(key.ageDays)} days. Keys rotate every 90 days.`];
  return [];
}

function useLines(uses: readonly KeyUse[]): string[] {
  return aligned(uses.map(({ column, kid, rows }) => [`  ${column}`, kid ?? 'no envelope', String(rows)]));
}

function count(rows: number): string {
  return `${String(rows)} data ${rows === 1 ? 'key' : 'keys'}`;
}

function total(of: readonly { readonly rows: number }[]): number {
  return of.reduce((sum, { rows }) => sum + rows, 0);
}

function aligned(table: readonly (readonly string[])[]): string[] {
  const widths = (table[0] ?? []).map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0)));
  return table.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
