import { publishing } from './events';
import { VIEW } from './read';

/** Columns of {@link WholeRow}: all that a new operation like it needs. */
export const WHOLE = `${VIEW}, o.policy, o.priority, o.input, o.settle_ms, o.key_window_ms::float8 AS key_window_ms,
  o.subscriber, o.trace_id`;

/** Locks the row: whoever acts on it decides on what is really there. A claim skips it meanwhile. */
export const LOCK = `
  SELECT ${WHOLE} FROM operations o WHERE o.id = $1 FOR UPDATE`;

/** A question still waits out `settleMs` from the call: asked earlier, "absent" would prove nothing. */
export const MAKE_DUE = `
  UPDATE operations SET updated_at = puente_now(), next_attempt_at = CASE WHEN state = 'unknown'
    THEN greatest(puente_now(), coalesce(sent_at, puente_now()) + settle_ms * interval '1 ms') ELSE puente_now() END
  WHERE id = $1`;

/** $2 new state, $3 whether an effect may exist, $4 who is told. */
export const CLOSE = `
  WITH clock AS MATERIALIZED (SELECT puente_now() AS now),
  closed AS (
    UPDATE operations o SET state = $2, maybe_sent = $3, blocked = false, updated_at = clock.now,
      settled_at = clock.now, delivered_at = NULL
    FROM clock WHERE o.id = $1 RETURNING o.*),
  ${publishing('closed', '$4')}
  SELECT ${VIEW} FROM closed o`;

/**
 * Back to the start, with a clean sheet: a person knows that nothing happened. Due a second later, so that every claim
 * whose snapshot is older than this commit is over: none of them may run a later one of its order key beside it.
 */
export const RESEND = `
  UPDATE operations o SET state = 'queued', maybe_sent = false, attempt = 0, crashes = 0, asks = 0,
    first_sent_at = NULL, sent_at = NULL, blocked = false, deadline_at = NULL, settled_at = NULL, delivered_at = NULL,
    next_attempt_at = puente_now() + interval '1 second', updated_at = puente_now()
  WHERE o.id = $1 RETURNING ${VIEW}`;
