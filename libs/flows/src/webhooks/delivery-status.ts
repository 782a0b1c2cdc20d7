/** What has become of a delivery. */
export const DELIVERY_STATUSES = [
  'pending', //   on its way: waits for its first or next try, or for an endpoint that was disabled meanwhile
  'held', //      its endpoint was disabled when it was published; waits for a replay
  'delivered', // the receiver answered 2xx
  'exhausted', // all tries failed
  'gone', //      the receiver answered 410
  'cancelled', // taken back, or its endpoint was removed
  'expired', //   so long ago that its operation is no longer kept
] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** Those that can be sent again in bulk: what did not arrive. */
export const REPLAYABLE = ['held', 'exhausted', 'gone', 'cancelled'] as const satisfies readonly DeliveryStatus[];

/** The status as SQL over `d` (delivery) and `o` (its newest operation): in the database, because lists are filtered by it. */
export const STATUS_SQL = `CASE
  WHEN d.operation_id IS NULL THEN 'held'
  WHEN o.id IS NULL THEN 'expired'
  WHEN o.state = 'succeeded' THEN 'delivered'
  WHEN o.state IN ('rejected', 'dropped') AND o.provider_code = 'GONE' THEN 'gone'
  WHEN o.state IN ('rejected', 'exhausted', 'dropped', 'needs_review') AND o.failure IS DISTINCT FROM 'integration_removed'
    THEN 'exhausted'
  WHEN o.state IN ('cancelled', 'dropped') THEN 'cancelled'
  ELSE 'pending'
END`;

export const WITH_OPERATION = `LEFT JOIN operations o ON o.tenant_id = d.tenant_id AND o.id = d.operation_id`;
