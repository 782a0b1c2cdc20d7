import { TOPIC_NOT_FOUND } from './topic-not-found';

/** Where a notification is on its way, or why it went no further. */
export const NOTIFICATION_STATUSES = [
  'accepted', //      written down; the queue has not been tried yet
  'queueing', //      on its way into the queue
  'queued', //        the queue has it
  'deduplicated', //  the queue took it for a repeat of another notification of the last five minutes
  'handled', //       a consumer took it over; publishing has not begun
  'publishing', //    on its way to SNS
  'published', //     SNS answered with a message id
  'invoking', //      on its way to the function that its handler names
  'invoked', //       the function took it, or answered
  'skipped', //       its handler is switched off
  'not_found', //     the topic does not exist: recorded and acknowledged
  'rejected', //      SQS, SNS or the function refused it
  'exhausted', //     all tries failed, certainly without an effect
  'needs_review', //  it may have been published; a person decides
  'dropped', //       it may have been published, and its handler wanted nothing done about that
  'cancelled', //     a person took it back
  'dead_lettered', // in the dead-letter queue, with the reason
] as const;
export type NotificationStatus = (typeof NOTIFICATION_STATUSES)[number];

/**
 * The status as SQL over `n` (notification), `s` (its send) and `p` (its publish, or the invocation of its function): in the database, because lists are
 * filtered by it. Later stations come first. An operation that succeeded counts once the notification knows its result,
 * a moment later.
 */
export const STATUS_SQL = `CASE
  WHEN n.published_at IS NOT NULL THEN CASE WHEN n.handler_function IS NULL THEN 'published' ELSE 'invoked' END
  WHEN n.deduplicated_of IS NOT NULL THEN 'deduplicated'
  WHEN n.dead_lettered_at IS NOT NULL THEN 'dead_lettered'
  WHEN p.state = 'rejected' AND n.handler_function IS NULL
    AND p.provider_code IN (${TOPIC_NOT_FOUND.map((code) => `'${code}'`).join(', ')}) THEN 'not_found'
  WHEN p.state = 'queued' AND p.attempt = 0 THEN 'handled'
  WHEN p.state IN ('queued', 'running', 'unknown', 'succeeded')
    THEN CASE WHEN n.handler_function IS NULL THEN 'publishing' ELSE 'invoking' END
  WHEN p.state IS NOT NULL THEN p.state
  WHEN n.handled_at IS NOT NULL THEN 'skipped'
  WHEN n.queued_at IS NOT NULL THEN 'queued'
  WHEN s.state = 'queued' AND s.attempt = 0 AND n.sends <= 1 THEN 'accepted'
  WHEN s.state IN ('queued', 'running', 'unknown', 'succeeded') THEN 'queueing'
  ELSE coalesce(s.state, 'accepted')
END`;
