import type { TenantTransaction } from '@puente/database';

/** Operations of one state that may have had an effect outside, and whose end nobody knows. */
export interface UnfinishedWork {
  /** The ledger's: `running`, `unknown`, `needs_review`, or `queued` for a repeat. */
  readonly state: string;
  readonly count: number;
  /** Of the oldest ones, as many as a person wants to read. */
  readonly ids: readonly string[];
}

/** A tenant's operations, as far as its own life concerns them. The ledger has our rank, hence a port; see PortsModule. */
export abstract class TenantWork {
  /** What waited need not wait any longer: dispatchers look at once. After the commit; never fails. */
  abstract goesOn(): void;
  abstract unfinished(tx: TenantTransaction): Promise<readonly UnfinishedWork[]>;
  /** Ends what waits, for a deleted tenant, a page at a time. @returns how much that was; 0 when nothing is left */
  abstract abandon(tx: TenantTransaction): Promise<number>;
}
