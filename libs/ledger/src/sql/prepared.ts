import type { PreparedStatement } from '@puente/database';

/**
 * A statement of the hot path. A claim takes longer to plan than to run, so each connection plans it once, for whatever
 * parameters: `DispatchDatabase` sees to it that a plan made while the tables were empty still does at a million rows.
 */
export function prepared(name: string, sql: string): PreparedStatement {
  return { name, sql };
}
