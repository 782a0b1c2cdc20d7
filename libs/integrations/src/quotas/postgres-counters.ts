import type { DispatchDatabase } from '@puente/database';
import { RateLimiterPostgres } from 'rate-limiter-flexible';

/** What rate-limiter-flexible reads of an answer. `expire` is compared with this process's own clock. */
interface CounterRows {
  readonly rows: readonly { readonly points: number; readonly expire: number }[];
  readonly rowCount: number;
}

interface Counted {
  readonly points: number;
  readonly left_ms: number;
}

const NOW_MS = `(extract(epoch FROM puente_now()) * 1000)::bigint`;

/** A count stops growing here: calls that are refused ask again and again, and an integer ends. */
const MOST = 2_000_000_000;

const ADD = `
  INSERT INTO rate_limits AS counted (key, points, expire) VALUES ($1, $2, ${NOW_MS} + $3::bigint)
  ON CONFLICT (key) DO UPDATE SET
    points = CASE WHEN counted.expire <= ${NOW_MS} THEN excluded.points
                  ELSE least(counted.points::bigint + excluded.points, ${String(MOST)}) END,
    expire = CASE WHEN counted.expire <= ${NOW_MS} THEN excluded.expire ELSE counted.expire END
  RETURNING points, (expire - ${NOW_MS})::float8 AS left_ms`;

const SET = `
  INSERT INTO rate_limits (key, points, expire) VALUES ($1, $2, ${NOW_MS} + $3::bigint)
  ON CONFLICT (key) DO UPDATE SET points = excluded.points, expire = excluded.expire
  RETURNING points, $3::float8 AS left_ms`;

const GET = `
  SELECT points, (expire - ${NOW_MS})::float8 AS left_ms FROM rate_limits WHERE key = $1 AND expire > ${NOW_MS}`;

/**
 * The library's counters on our pool and by the database's clock. Its own SQL decides by the clock of the process that
 * asks: one that is an hour fast would find every window over and begin it anew, again and again.
 */
export class PostgresCounters extends RateLimiterPostgres {
  constructor(private readonly database: DispatchDatabase) {
    const ours = { tableName: 'rate_limits', tableCreated: true, keyPrefix: '', clearExpiredByTimeout: false };
    super({ storeClient: database, storeType: 'client', points: 1, duration: 1, ...ours });
  }

  /** Called by the library for `penalty` and, with `replaces`, for `set`. */
  protected async _upsert(key: string, points: number, windowMs: number, replaces = false): Promise<CounterRows> {
    return byOurClock(await this.database.query<Counted>(replaces ? SET : ADD, [key, points, windowMs]));
  }

  protected async _get(key: string): Promise<CounterRows | null> {
    const rows = await this.database.query<Counted>(GET, [key]);
    return rows.length === 0 ? null : byOurClock(rows);
  }
}

function byOurClock(rows: readonly Counted[]): CounterRows {
  const nowMs = Date.now();
  return {
    rows: rows.map(({ points, left_ms: leftMs }) => ({ points, expire: nowMs + leftMs })),
    rowCount: rows.length,
  };
}
