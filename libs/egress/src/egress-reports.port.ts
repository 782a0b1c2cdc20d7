import type { Destination } from './destination';
import type { EgressError } from './egress.errors';

/**
 * Told of every refusal. A port, since the guard does not know how things are logged and counted; optional, since it
 * guards as well when nobody listens.
 */
export abstract class EgressReports {
  /** A URL was not saved, and whoever sent it was told why. */
  abstract notSaved(error: EgressError): void;
  /** A connection was not made: the address had been saved, so its name leads elsewhere now, or the rules have changed. */
  abstract notConnected(destination: Destination, error: EgressError): void;
}
