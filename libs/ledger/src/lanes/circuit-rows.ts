import type { Random } from '@puente/kernel';
import { type LaneVerdict, type Policy, laneVerdict, policyNamed } from '@puente/resilience';
import type { Written } from '../dispatch/settlement';
import type { RunEvent } from '../run-event';
import type { CircuitRow } from '../sql/lane-circuit';

/** One call as its lane sees it. */
export interface JudgedCall {
  readonly lane: { readonly tenantId: string; readonly provider: string; readonly laneKey: string };
  readonly callId: string;
  readonly verdict: LaneVerdict;
  readonly probe: boolean;
  /** When it was claimed, on the database's clock; undefined where that is not known. */
  readonly claimedAt?: Date | undefined;
  readonly breaker: Policy['breaker'];
  /** The provider asked for this much patience. */
  readonly parkMs?: number | undefined;
}

/**
 * The calls of a group of results about whose lanes there is something to write: failures, answers that forgive some, and
 * probes however they ended. Of a healthy lane there is nothing. Calls somebody waited for are not among them: the chain
 * reports those, and reads with them.
 */
export function judgedCalls(items: readonly Written[]): JudgedCall[] {
  const troubled = new Set(items.filter(isTrouble).map(({ operation }) => keyOf(operation)));
  if (troubled.size === 0) return [];
  return items.filter((item) => !item.synchronous && troubled.has(keyOf(item.operation))).map(judgedCall);
}

function isTrouble({ operation, event, synchronous }: Written): boolean {
  if (synchronous) return false;
  if (operation.laneProbe) return true;
  const verdict = verdictOf(event);
  return verdict === 'failed' || (operation.laneNoted && verdict === 'answered');
}

function judgedCall({ operation, event }: Written): JudgedCall {
  const { id: callId, leasedAt: claimedAt, laneProbe: probe, policy } = operation;
  const { breaker } = policyNamed(policy);
  return { lane: operation, callId, verdict: verdictOf(event), probe, claimedAt, breaker };
}

function verdictOf(event: RunEvent): LaneVerdict {
  switch (event.kind) {
    case 'called':
    case 'ask_failed':
      return laneVerdict(event.outcome);
    case 'asked':
      return 'answered';
    default:
      return 'silent';
  }
}

/** A row per lane, in the order of the calls' ends: an answer forgives the failures before it. */
export function circuitRows(calls: readonly JudgedCall[], random: Random): CircuitRow[] {
  const lanes = new Map<string, CircuitRow>();
  for (const call of calls) {
    const key = keyOf(call.lane);
    lanes.set(key, withCall(lanes.get(key) ?? emptyRow(call, random.next()), call));
  }
  return [...lanes.values()];
}

function withCall(row: CircuitRow, { callId, verdict, probe, claimedAt, breaker }: JudgedCall): CircuitRow {
  const probed = probe ? { probe: callId, verdict } : {};
  switch (verdict) {
    case 'silent':
      return { ...row, ...probed };
    case 'failed':
      return { ...row, ...probed, failed: row.failed + 1, after: breaker.after, open_ms: breaker.openMs };
    case 'answered': {
      const at = claimedAt?.toISOString() ?? null;
      const latest = at === null || (row.answered_claim ?? '') > at ? row.answered_claim : at;
      return { ...row, ...probed, failed: 0, answered: true, answered_claim: latest };
    }
  }
}

function emptyRow({ lane, breaker }: JudgedCall, jitter: number): CircuitRow {
  return {
    ...{ tenant_id: lane.tenantId, provider: lane.provider, lane_key: lane.laneKey },
    ...{ failed: 0, answered: false, answered_claim: null, probe: null, verdict: null },
    ...{ after: breaker.after, open_ms: breaker.openMs, jitter },
  };
}

export function keyOf(lane: JudgedCall['lane']): string {
  return `${lane.tenantId} ${lane.provider} ${lane.laneKey}`;
}
