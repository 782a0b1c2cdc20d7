/** A tenant's operations, as far as its own life concerns them. The ledger has our rank, hence a port; see PortsModule. */
export abstract class TenantWork {
  /** What waited need not wait any longer: dispatchers look at once. After the commit; never fails. */
  abstract goesOn(): void;
}
