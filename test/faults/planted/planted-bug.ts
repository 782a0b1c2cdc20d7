import type { LedgerWishes } from '../ledger/ledger-plan';

/** A test that names the promise, in the product's own specs. */
export interface DirectedTest {
  readonly file: string;
  /** As it stands in the file. */
  readonly title: string;
}

/** One guard taken out of the product, and who has to notice. */
export interface PlantedBug {
  readonly name: string;
  readonly what: string;
  readonly file: string;
  /** Found exactly once in the file, or the bug is not planted: whoever moves a guard moves its bug. */
  readonly find: string;
  readonly replace: string;
  /** The invariant that it breaks; one of these where one guard keeps several. */
  readonly breaks: readonly string[];
  /** A run made for it, where chaos finds it. */
  readonly chaos?: Omit<LedgerWishes, 'seed'>;
  readonly directed?: DirectedTest;
}
