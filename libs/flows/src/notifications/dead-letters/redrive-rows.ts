import type { TenantTransaction } from '@puente/database';
import { type WaitingLetter, WAITING_LETTER } from './letter-sending';
import { matches } from './letter-filter';
import type { LetterFilter } from './redrive.schemas';

export const REDRIVE_STATES = ['queued', 'running', 'done', 'cancelled', 'failed'] as const;
export type RedriveState = (typeof REDRIVE_STATES)[number];

export interface RedriveCounts {
  /** Letters that are in the queue again. */
  readonly sent: number;
  /** Letters the queue refused; each says why, and waits again. */
  readonly failed: number;
  /** Messages met in the dead-letter queue of which nothing was recorded before; they are among the letters since. */
  readonly found: number;
}

export interface RedriveRow {
  readonly id: string;
  readonly seq: string;
  readonly state: RedriveState;
  readonly rate: number;
  readonly filter: LetterFilter;
  readonly actor: string;
  readonly skipped: number;
  /** Null while it lives. */
  readonly counts: RedriveCounts | null;
  readonly problem: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

export const REDRIVE = `r.id, r.seq, r.state, r.rate, r.filter, r.actor, r.skipped, r.counts, r.problem,
  r.created_at AS "createdAt", r.started_at AS "startedAt", r.finished_at AS "finishedAt"`;

/**
 * The letters `d` that a redrive `r` has not taken up yet. Those put aside after it began are another one's: a letter that
 * fails again is not sent in a circle. What it found itself in the dead-letter queue had been there before.
 */
const TO_SEND = `d.tenant_id = r.tenant_id AND d.state = 'waiting' AND d.redrive_id IS DISTINCT FROM r.id
  AND (d.at <= r.created_at OR d.found_by = r.id) AND ${matches('r.filter')}`;

/** Locked; letters that somebody else is just deciding about come later. */
export function nextLetters(tx: TenantTransaction, redriveId: string, limit: number): Promise<WaitingLetter[]> {
  return tx.query<WaitingLetter>(
    `SELECT ${WAITING_LETTER} FROM redrives r JOIN dead_letters d ON ${TO_SEND}
       LEFT JOIN notifications n ON n.tenant_id = d.tenant_id AND n.id = d.notification_id
     WHERE r.tenant_id = $1 AND r.id = $2 ORDER BY d.came_at, d.came_seq, d.seq LIMIT $3 FOR UPDATE OF d SKIP LOCKED`,
    [tx.tenantId, redriveId, limit],
  );
}

export interface Progress extends RedriveCounts {
  /** Not taken up yet. */
  readonly toSend: number;
  /** On their way into the queue. */
  readonly onTheWay: number;
}

export async function progressOf(tx: TenantTransaction, redriveId: string): Promise<Progress> {
  const [counted] = await tx.query<Progress>(
    `SELECT (SELECT count(*)::int FROM dead_letters d WHERE ${TO_SEND}) AS "toSend",
            count(*) FILTER (WHERE own.redrive_id = r.id AND own.state = 'redriving')::int AS "onTheWay",
            count(*) FILTER (WHERE own.redrive_id = r.id AND own.state IN ('redriven', 'obsolete'))::int AS sent,
            count(*) FILTER (WHERE own.redrive_id = r.id AND own.state = 'waiting')::int AS failed,
            count(*) FILTER (WHERE own.found_by = r.id)::int AS found
     FROM redrives r
     LEFT JOIN dead_letters own ON own.tenant_id = r.tenant_id AND (own.redrive_id = r.id OR own.found_by = r.id)
     WHERE r.tenant_id = $1 AND r.id = $2 GROUP BY r.id`,
    [tx.tenantId, redriveId],
  );
  return counted ?? { toSend: 0, onTheWay: 0, sent: 0, failed: 0, found: 0 };
}

export interface DueRedrive extends RedriveRow {
  /** How many letters its pace allows now. */
  readonly due: number;
}

/** From when its pace is counted: a late worker makes up for a second, and a redrive begins with a single letter. */
const PACED_FROM = `CASE WHEN r.state = 'queued' THEN puente_now()
  ELSE greatest(r.next_send_at, puente_now() - interval '1 second') END`;

/** A redrive that lives, for one worker at a time: another one that meets it here goes on to the next. */
export async function lockLive(tx: TenantTransaction, id: string): Promise<DueRedrive | undefined> {
  const [row] = await tx.query<DueRedrive>(
    `SELECT ${REDRIVE}, least(rate, 1 + floor(extract(epoch FROM puente_now() - (${PACED_FROM})) * rate))::int AS due
     FROM redrives r WHERE tenant_id = $1 AND id = $2 AND state IN ('queued', 'running') FOR UPDATE SKIP LOCKED`,
    [tx.tenantId, id],
  );
  return row;
}

/** Moves the pace on by so many letters. */
export async function advance(tx: TenantTransaction, id: string, letters: number): Promise<void> {
  await tx.query(
    `UPDATE redrives r
     SET state = 'running', started_at = coalesce(started_at, puente_now()), problem = NULL,
         next_send_at = (${PACED_FROM}) + $3 * interval '1 second' / rate
     WHERE tenant_id = $1 AND id = $2`,
    [tx.tenantId, id, letters],
  );
}

/** With what came of it by then. Sends under way are counted as sent: the ledger brings them to their end. */
export async function end(
  tx: TenantTransaction,
  id: string,
  state: 'done' | 'cancelled' | 'failed',
  problem?: string,
): Promise<RedriveCounts> {
  const { sent, failed, found, onTheWay } = await progressOf(tx, id);
  const counts = { sent: sent + onTheWay, failed, found };
  await tx.query(
    `UPDATE redrives SET state = $3, finished_at = puente_now(), counts = $4, problem = $5 WHERE tenant_id = $1 AND id = $2`,
    [tx.tenantId, id, state, JSON.stringify(counts), problem ?? null],
  );
  return counts;
}
