import { parseArgs } from 'node:util';
import { type DispatchMode, MODES } from './ledger/ledger-plan';

export const SCENARIOS = ['trunk', 'ledger', 'webhooks', 'purchases', 'webpay'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

export interface FaultOptions {
  readonly seeds: readonly number[];
  readonly scenarios: readonly ScenarioName[];
  /** Of the ledger: attack and getting well together, roughly. */
  readonly seconds: number;
  readonly perSecond: number;
  /** Both by turns of the seed, when not given. */
  readonly mode: DispatchMode | undefined;
  /** Of the trunk. */
  readonly kills: number;
  readonly notifications: number;
  /** Of the webhooks: what each of 20 publishers publishes. */
  readonly events: number;
  /** Of the purchases: who wants 100 units. */
  readonly buyers: number;
  /** Of webpay: who pays while processes are killed, after the kills at chosen moments. */
  readonly payers: number;
  /** Name of a bug to plant, or `all`; then nothing else is run. */
  readonly planted: string | undefined;
  /** Runs what a planted bug would be caught by without the bug. */
  readonly control: boolean;
  readonly json: boolean;
  /** Keeps the data of a run without violations too. */
  readonly keep: boolean;
  readonly help: boolean;
}

export const USAGE = `Usage: npm run test:faults -- [options]
  --seed N | --seeds A..B     the choices of a run; the same number chooses the same
  --scenario NAME             trunk (notifications on the sandbox), ledger (operations, 2 apis, 3 workers),
                              webhooks (20 publishers, 5 receivers, workers killed as they go),
                              purchases (200 buyers of 100 units, Webpay and the broker misbehave),
                              webpay (payments, 2 apis and a worker killed in the middle of them) or all
  --seconds N                 length of the ledger's run (60)
  --mode postgres|sqs         how the ledger's workers hear of work (by turns of the seed)
  --rate N                    operations accepted per second (50)
  --kills N, --notifications N  size of the trunk's run
  --events N                  what each publisher of the webhooks publishes (200)
  --buyers N                  of the purchases (200)
  --payers N                  of webpay, after its kills at chosen moments (150)
  --planted [NAME]            plants bugs in a copy of the product, one at a time, and says who caught each
  --control                   with --planted: the same runs without the bugs; nothing may be caught
  --short                     both, small enough for every commit
  --json                      the report as JSON on standard output
  --keep                      keeps the data although nothing was violated`;

const OPTIONS = {
  seed: { type: 'string' },
  seeds: { type: 'string' },
  scenario: { type: 'string', default: 'all' },
  seconds: { type: 'string' },
  mode: { type: 'string' },
  rate: { type: 'string', default: '50' },
  kills: { type: 'string' },
  notifications: { type: 'string' },
  events: { type: 'string' },
  buyers: { type: 'string' },
  payers: { type: 'string' },
  short: { type: 'boolean', default: false },
  planted: { type: 'string' },
  control: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** The command line. */
export function optionsFrom(args: readonly string[]): FaultOptions {
  const { values } = parseArgs({ args: args.flatMap(named), options: OPTIONS });
  const { short, json, keep, help, planted, control } = values;
  return {
    seeds: seedsFrom(values.seed, values.seeds),
    scenarios: scenariosFrom(values.scenario),
    seconds: whole(values.seconds ?? (short ? '12' : '60')),
    perSecond: whole(values.rate),
    mode: modeFrom(values.mode),
    kills: whole(values.kills ?? (short ? '2' : '20')),
    notifications: whole(values.notifications ?? (short ? '60' : '1000')),
    events: whole(values.events ?? (short ? '20' : '200')),
    buyers: whole(values.buyers ?? (short ? '40' : '200')),
    payers: whole(values.payers ?? (short ? '30' : '150')),
    ...{ planted, control, json, keep, help },
  };
}

/** `--planted` alone means all of them. */
function named(arg: string, at: number, all: readonly string[]): string[] {
  const next = all[at + 1];
  return arg === '--planted' && (next === undefined || next.startsWith('--')) ? [arg, 'all'] : [arg];
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

function modeFrom(name: string | undefined): DispatchMode | undefined {
  const found = MODES.find((each) => each === name);
  if (found !== undefined || name === undefined) return found;
  throw new Error(`There is no dispatch mode "${name}".\n${USAGE}`);
}

function whole(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`Expected a whole number, got "${text}".\n${USAGE}`);
}
