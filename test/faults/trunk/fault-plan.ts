import { SeededRandom } from '../seeded-random';

/** What is killed: one process, the supervisor (its children notice), or everything at once as a power failure would. */
export const VICTIMS = ['worker', 'postgres', 'api', 'everything', 'supervisor'] as const;
export type Victim = (typeof VICTIMS)[number];

/** What a notification is sent to and how, which decides what may become of it. */
export const KINDS = ['resend', 'fifo', 'review', 'foreign'] as const;
export type Kind = (typeof KINDS)[number];

export interface Sending {
  readonly kind: Kind;
  readonly group: string;
  /** Unlike any other of the run. */
  readonly message: string;
  readonly key: string;
}

/** A burst of notifications, and the kill in the middle of it. */
export interface Round {
  readonly sendings: readonly Sending[];
  readonly victim: Victim;
  readonly killAfterMs: number;
  readonly pauseMs: number;
  /** Whether API and worker get ready before the burst: a kill then meets work; without, it meets a recovery. */
  readonly recovered: boolean;
}

export interface FaultPlan {
  readonly seed: number;
  readonly rounds: readonly Round[];
}

export interface TrunkSize {
  readonly kills: number;
  readonly notifications: number;
}

/** Everything that is chosen, chosen beforehand from the seed: the same command line makes the same choices. */
export function trunkPlan(seed: number, { kills, notifications }: TrunkSize): FaultPlan {
  return { seed, rounds: rounds(new SeededRandom(seed), kills, notifications) };
}

function rounds(random: SeededRandom, kills: number, notifications: number): Round[] {
  const victims = victimsFor(random, kills);
  return victims.map((victim, round) => {
    const from = Math.floor((notifications * round) / kills);
    const to = Math.floor((notifications * (round + 1)) / kills);
    return {
      victim,
      sendings: Array.from({ length: to - from }, (_, n) => sending(random, from + n)),
      killAfterMs: random.whole(200, 2_500),
      pauseMs: random.whole(0, 1_500),
      recovered: random.next() < 0.7,
    };
  });
}

/** Each process is killed as often as any other; of the last two, both ways of killing the whole, by turns. */
function victimsFor(random: SeededRandom, kills: number): Victim[] {
  const wholes: Victim[] = ['everything', 'supervisor'];
  const fours = Array.from({ length: Math.ceil(kills / 4) }, (_, n): Victim[] => [
    'worker',
    'postgres',
    'api',
    wholes[n % 2] ?? 'everything',
  ]);
  return random.shuffled(fours.flat().slice(0, kills));
}

function sending(random: SeededRandom, number: number): Sending {
  const kind = KINDS[[0, 0, 1, 2, 3][random.whole(0, 4)] ?? 0] ?? 'resend';
  const group = `${kind}-${String(random.whole(0, 9))}`;
  const name = `${String(number)}-${random.whole(0, 0xffffff).toString(16)}`;
  return { kind, group, message: `aviso ${name} 🚚`, key: `faults-${name}` };
}
