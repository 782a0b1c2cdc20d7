import type { LedgerEvidence } from './evidence';
import { type Case, describe, type JudgedLedger } from './judged';
import { ledgerInvariants } from './ledger-invariants';

export interface LedgerVerdict {
  readonly id: string;
  readonly name: string;
  readonly violations: readonly string[];
  /** Attempts, changes and effects of the first ones. */
  readonly histories: readonly unknown[];
}

/** How what was unknown for a while came to its end. */
export interface Resolved {
  readonly unknown: number;
  readonly reconciledApplied: number;
  readonly reconciledAbsent: number;
  readonly retriedWithKey: number;
  readonly lateSuccess: number;
  readonly review: number;
  readonly resend: number;
  readonly drop: number;
  readonly open: number;
}

export interface Reviews {
  readonly of: number;
  readonly why: Readonly<Record<string, number>>;
}

const SHOWN = 3;

export function verdictsOf(judged: JudgedLedger, requestsOf: (ref: string) => readonly string[]): LedgerVerdict[] {
  return ledgerInvariants.map(({ id, name, violations }) => {
    const found = violations(judged);
    const histories = found.slice(0, SHOWN).flatMap(({ of }) => (of ? [historyOf(of, requestsOf)] : []));
    return { id, name, violations: found.map(({ what }) => what), histories };
  });
}

export function statesOf({ operations }: LedgerEvidence): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { effect, state } of operations) {
    const name = `${effect} ${state}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Of what can be repeated or asked about and did not kill anybody: what waits for a person all the same, and why. */
export function reviewsOf({ innocent }: JudgedLedger): Reviews {
  const avoidable = innocent.filter(({ row }) => row !== undefined && row.effect !== 'once');
  const why: Record<string, number> = {};
  for (const { row } of avoidable) {
    if (row?.state !== 'needs_review') continue;
    const failure = row.failure ?? 'none';
    why[failure] = (why[failure] ?? 0) + 1;
  }
  return { of: avoidable.length, why };
}

export function resolvedOf({ cases }: JudgedLedger): Resolved {
  const unknown = cases.filter(wasUnknown);
  const count = (is: (each: Case) => boolean): number => unknown.filter(is).length;
  const asked = ({ attempts }: Case, outcome: string): boolean =>
    attempts.some((tried) => tried.mode === 'reconcile' && tried.applied && tried.outcome === outcome);
  return {
    unknown: unknown.length,
    reconciledApplied: count((each) => asked(each, 'applied')),
    reconciledAbsent: count((each) => !asked(each, 'applied') && asked(each, 'absent')),
    retriedWithKey: count(({ row }) => row?.effect === 'idempotent' && row.state === 'succeeded'),
    lateSuccess: count(
      (each) =>
        isSuccess(each) &&
        each.row?.effect === 'reconcilable' &&
        !each.attempts.some(({ mode }) => mode === 'reconcile'),
    ),
    review: count(({ row }) => row?.state === 'needs_review'),
    resend: count(({ row }) => row?.on_unknown === 'resend' && row.repeats > 0),
    drop: count(({ row }) => row?.state === 'dropped'),
    open: count(({ row }) => ['queued', 'running', 'unknown'].includes(row?.state ?? '')),
  };
}

function isSuccess({ row }: Case): boolean {
  return row?.state === 'succeeded';
}

function wasUnknown({ changes, attempts, row }: Case): boolean {
  return (
    changes.some(({ new_state }) => new_state === 'unknown') ||
    attempts.some(({ outcome }) => outcome.startsWith('unknown')) ||
    row?.maybe_sent === true
  );
}

function historyOf(of: Case, requestsOf: (ref: string) => readonly string[]): unknown {
  const { row, attempts, changes, effects, order } = of;
  return { what: describe(of), row, attempts, changes, effects, order, requests: requestsOf(of.accepted.item.ref) };
}
