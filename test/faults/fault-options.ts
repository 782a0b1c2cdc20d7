import { parseArgs } from 'node:util';

export const SCENARIOS = ['trunk', 'ledger'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

export interface FaultOptions {
  readonly seeds: readonly number[];
  readonly scenarios: readonly ScenarioName[];
  /** Of the ledger: attack and getting well together, roughly. */
  readonly seconds: number;
  readonly perSecond: number;
  /** Of the trunk. */
  readonly kills: number;
  readonly notifications: number;
  readonly json: boolean;
  /** Keeps the data of a run without violations too. */
  readonly keep: boolean;
}

const USAGE = `Usage: npm run test:faults -- [options]
  --seed N | --seeds A..B     the choices of a run; the same number chooses the same
  --scenario NAME             trunk (notifications on the sandbox), ledger (operations, 2 apis, 3 workers) or all
  --seconds N                 length of the ledger's run (60)
  --rate N                    operations accepted per second (50)
  --kills N, --notifications N  size of the trunk's run
  --short                     both, small enough for every commit
  --json                      the report as JSON on standard output
  --keep                      keeps the data although nothing was violated`;

const OPTIONS = {
  seed: { type: 'string' },
  seeds: { type: 'string' },
  scenario: { type: 'string', default: 'all' },
  seconds: { type: 'string' },
  rate: { type: 'string', default: '50' },
  kills: { type: 'string' },
  notifications: { type: 'string' },
  short: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** The command line. */
export function optionsFrom(args: readonly string[]): FaultOptions {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  if (values.help) throw new Error(USAGE);
  const { short, json, keep } = values;
  return {
    seeds: seedsFrom(values.seed, values.seeds),
    scenarios: scenariosFrom(values.scenario),
    seconds: whole(values.seconds ?? (short ? '12' : '60')),
    perSecond: whole(values.rate),
    kills: whole(values.kills ?? (short ? '2' : '20')),
    notifications: whole(values.notifications ?? (short ? '60' : '1000')),
    json,
    keep,
  };
}

function seedsFrom(seed: string | undefined, seeds: string | undefined): number[] {
  if (seeds === undefined) return [whole(seed ?? String(Date.now() % 1_000_000))];
  const [from = '', to = ''] = seeds.split('..');
  return Array.from({ length: whole(to) - whole(from) + 1 }, (_, n) => whole(from) + n);
}

function scenariosFrom(name: string): readonly ScenarioName[] {
  if (name === 'all') return SCENARIOS;
  const found = SCENARIOS.find((each) => each === name);
  if (found) return [found];
  throw new Error(`There is no scenario "${name}".\n${USAGE}`);
}

function whole(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`Expected a whole number, got "${text}".\n${USAGE}`);
}
