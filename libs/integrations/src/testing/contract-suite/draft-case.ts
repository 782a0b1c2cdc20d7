import type { ContractRun } from './contract-run';

/** A case before it is given a client and a line of its own. */
export interface DraftCase {
  readonly name: string;
  /** Connects there instead of to the line. */
  readonly endpoint?: () => Promise<string>;
  /** Masks secrets as production does. */
  readonly masked?: boolean;
  readonly run: (run: ContractRun) => Promise<void>;
}
