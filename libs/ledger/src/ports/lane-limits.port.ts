/**
 * What providers declare for each of their lanes (DESIGN §3, `limits`). The app binds it; without it no lane has a cap but
 * those that `lanes.max_in_flight` gives it.
 */
export abstract class LaneLimits {
  /** Provider → calls at a time, over all processes. */
  abstract readonly caps: ReadonlyMap<string, number>;
}
