/**
 * The letters `d` that a filter asks for, as SQL over a jsonb expression: the same for listing and for redriving, so that
 * a redrive takes exactly what the list showed.
 */
export function matches(filter: string): string {
  return `
    (NOT ${filter} ? 'ids' OR ${filter} -> 'ids' ? d.id::text)
    AND (NOT ${filter} ? 'cause' OR d.cause = ${filter} ->> 'cause')
    AND (NOT ${filter} ? 'reason' OR strpos(lower(d.reason), lower(${filter} ->> 'reason')) > 0)
    AND (NOT ${filter} ? 'since' OR d.at >= (${filter} ->> 'since')::timestamptz)
    AND (NOT ${filter} ? 'until' OR d.at < (${filter} ->> 'until')::timestamptz)`;
}
