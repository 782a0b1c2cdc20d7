import type { BenchPostgres } from './bench-postgres';
import type { BenchProcess } from './bench-process';
import type { Verdict } from './figures';

/** What every benchmark finds ready. */
export interface Context {
  readonly postgres: BenchPostgres;
  readonly sink: BenchProcess;
  readonly sinkUrl: string;
  readonly load: BenchProcess;
  /** How often everything is repeated, one after the other, so that a slow moment of the machine hits all alike. */
  readonly rounds: number;
  /** Length of one measurement. */
  readonly seconds: number;
  /** Counts of rows and calls are a part of this for a trial run (`--scale 0.1`). */
  scaled(count: number): number;
  say(line: string): void;
  /** A file of `bench/processes`. The caller stops it. */
  startProcess(name: string, env?: Readonly<Record<string, string>>): Promise<BenchProcess>;
  /** Options for Node that write a CPU profile of a product's process when it ends, if `--profiles` was given. */
  profile(name: string): readonly string[];
}

export interface BenchResult {
  readonly verdicts: readonly Verdict[];
  readonly [figures: string]: unknown;
}

/** One of the names behind `npm run bench --`. */
export type Bench = (context: Context) => Promise<BenchResult>;
