/** One of the operations lives, waits for a person, or its flow has not heard of its end. */
const goesOn = (ids: string): string => `EXISTS (
  SELECT FROM operations o WHERE o.tenant_id = $1 AND o.id IN (${ids})
    AND (o.settled_at IS NULL OR o.state = 'needs_review' OR (o.subscriber IS NOT NULL AND o.delivered_at IS NULL)))`;

/** A letter `d` that nobody sends back any more: not one that waits, is on its way, or was lost on it. */
const LETTER_OVER = `(d.state = 'obsolete' OR (d.state = 'redriven' AND d.taken_message_id IS NOT NULL))
  AND NOT ${goesOn('d.copy_operation_id, d.redrive_operation_id')}`;

/** A notification `n` that was handled, is a repeat, was put aside, or never reached its queue. The re-sender has the others. */
const NOTIFICATION_OVER = `(n.queued_at IS NULL OR n.handled_at IS NOT NULL OR n.deduplicated_of IS NOT NULL OR n.dead_lettered_at IS NOT NULL)
  AND NOT ${goesOn('n.send_operation_id, n.publish_operation_id, n.dead_letter_operation_id')}
  AND NOT EXISTS (SELECT FROM dead_letters d WHERE d.tenant_id = $1 AND d.notification_id = n.id AND NOT (${LETTER_OVER}))`;

/**
 * Takes the text of a page of rows from $2 and before $3, at most $4. `looked`: how many there were; `last`: behind which
 * the next page begins; `kept`: the first that had to keep its text.
 */
const expire = (table: string, alias: string, over: string): string => `
  WITH page AS MATERIALIZED (
    SELECT id FROM ${table} WHERE tenant_id = $1 AND id > $2 AND id < $3 ORDER BY id LIMIT $4),
  due AS MATERIALIZED (
    SELECT ${alias}.id, ${over} AS over FROM ${table} ${alias}
    WHERE ${alias}.tenant_id = $1 AND ${alias}.id = ANY (ARRAY(SELECT id FROM page)) AND ${alias}.content <> 'null'),
  free AS MATERIALIZED (
    SELECT id FROM ${table} WHERE tenant_id = $1 AND id = ANY (ARRAY(SELECT id FROM due WHERE over))
    ORDER BY id FOR UPDATE SKIP LOCKED),
  expired AS (
    UPDATE ${table} SET content = 'null' WHERE tenant_id = $1 AND id = ANY (ARRAY(SELECT id FROM free)) RETURNING id)
  SELECT (SELECT count(*)::int FROM page) AS looked, (SELECT id FROM page ORDER BY id DESC LIMIT 1) AS last,
    (SELECT id FROM due WHERE id NOT IN (SELECT id FROM expired) ORDER BY id LIMIT 1) AS kept`;

export const EXPIRE_NOTIFICATIONS = expire('notifications', 'n', NOTIFICATION_OVER);
export const EXPIRE_LETTERS = expire('dead_letters', 'd', LETTER_OVER);

/** A page of letters before $2, at most $3. One that another was made of goes after that one. */
export const REMOVE_LETTERS = `
  DELETE FROM dead_letters WHERE tenant_id = $1 AND id = ANY (ARRAY(
    SELECT d.id FROM dead_letters d WHERE d.tenant_id = $1 AND d.id < $2 AND ${LETTER_OVER}
      AND NOT EXISTS (SELECT FROM dead_letters c WHERE c.tenant_id = $1 AND c.redrive_of = d.id)
    ORDER BY d.id LIMIT $3 FOR UPDATE OF d SKIP LOCKED)) RETURNING id`;

/** The same, of notifications: without any letter, and after their repeats. */
export const REMOVE_NOTIFICATIONS = `
  DELETE FROM notifications WHERE tenant_id = $1 AND id = ANY (ARRAY(
    SELECT n.id FROM notifications n WHERE n.tenant_id = $1 AND n.id < $2 AND ${NOTIFICATION_OVER}
      AND NOT EXISTS (SELECT FROM dead_letters d WHERE d.tenant_id = $1 AND d.notification_id = n.id)
      AND NOT EXISTS (SELECT FROM notifications r WHERE r.tenant_id = $1 AND r.deduplicated_of = n.id)
    ORDER BY n.id LIMIT $3 FOR UPDATE OF n SKIP LOCKED)) RETURNING id`;
