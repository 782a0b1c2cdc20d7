import type { Script } from '../provider/stand-in';
import { SeededRandom } from '../seeded-random';

export const ITEM_KINDS = [
  ...(['put', 'pay', 'review', 'resend', 'drop', 'order', 'shelf', 'sync', 'throws', 'poison'] as const),
] as const;
export type ItemKind = (typeof ITEM_KINDS)[number];

/** One request of a client, to be repeated under its key until somebody accepts it. */
export interface Item {
  readonly n: number;
  readonly atMs: number;
  readonly kind: ItemKind;
  readonly tenant: number;
  readonly ref: string;
  readonly bucket: string;
  /** Of `order`, `shelf`, `sync`, `throws` and `poison`: which operation. */
  readonly operation: 'put' | 'pay';
  /** Of `shelf`: whose order it keeps. */
  readonly shelf?: string;
  /** Of `order` and `shelf`: accepted in a group, or in a transaction of its own. */
  readonly grouped: boolean;
}

export const FAULT_KINDS = [
  ...(['kill_worker', 'kill_api', 'freeze_worker', 'term_worker', 'term_api', 'crash_postgres'] as const),
  ...(['cut_connections', 'fill_connections', 'read_only', 'clock_jump', 'lose_hints', 'false_hints'] as const),
  ...(['refuse_credentials', 'queue_away'] as const),
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultEvent {
  readonly atMs: number;
  readonly kind: FaultKind;
  /** Which of the processes or tenants, modulo their number. */
  readonly victim: number;
  /** How long, where it lasts. */
  readonly forMs: number;
}

/** How workers hear of work. */
export const MODES = ['postgres', 'sqs'] as const;
export type DispatchMode = (typeof MODES)[number];

export interface LedgerPlan {
  readonly seed: number;
  readonly attackMs: number;
  readonly healMs: number;
  readonly workers: number;
  readonly mode: DispatchMode;
  readonly tenants: number;
  readonly items: readonly Item[];
  readonly events: readonly FaultEvent[];
  readonly script?: Script | undefined;
  /** Nothing is planned that may take a lease from a process that lives. */
  readonly leasesHold: boolean;
}

export interface LedgerWishes {
  readonly seed: number;
  readonly seconds: number;
  readonly perSecond?: number;
  /** By turns of the seed, when left out. */
  readonly mode?: DispatchMode | undefined;
  /** Only these faults; all of them when left out. */
  readonly faults?: readonly FaultKind[];
  readonly kinds?: readonly ItemKind[];
  readonly poisons?: number;
  /** How long it may take to get well. */
  readonly healMs?: number;
  /** Misbehaviours in place of those that the seed chooses. */
  readonly script?: Script;
}

const TENANTS = 4;
const BUCKETS = ['a', 'b', 'c', 'd'] as const;
const SHELVES = 6;
/** Of a hundred items. */
const WEIGHTS: Readonly<Record<Exclude<ItemKind, 'poison'>, number>> = {
  ...{ put: 34, pay: 30, review: 7, resend: 5, drop: 3, order: 8, shelf: 8, sync: 4, throws: 1 },
};
/** Early: five deaths, each with a lease to wait for, take their time. */
const POISONS = 3;
const LONG_ENOUGH_MS = 15_000;
/** The attack gets this part of the time; the rest is for getting well. */
const ATTACK_SHARE = 0.55;
/** A freeze is longer than the longest lease: that of a marked call. */
const FREEZE_MS = 8_500;

/** Who lives through these keeps what it holds. */
const HARMLESS_TO_LEASES: readonly FaultKind[] = ['kill_worker', 'kill_api', 'term_worker', 'term_api', 'false_hints'];

/** How often each fault comes in a minute; the kills of workers fill the rest. */
const PER_MINUTE: Readonly<Record<FaultKind, number>> = {
  ...{ kill_worker: 6, kill_api: 3, freeze_worker: 1, term_worker: 2, term_api: 1, crash_postgres: 1 },
  ...{ cut_connections: 2, fill_connections: 1, read_only: 1, clock_jump: 2, lose_hints: 2, false_hints: 2 },
  ...{ refuse_credentials: 1, queue_away: 2 },
};

/** Everything that is chosen is chosen from the seed, beforehand: the same command line makes the same choices. */
export function ledgerPlan(wishes: LedgerWishes): LedgerPlan {
  const { seed, seconds, perSecond = 50, script, mode = seed % 2 === 0 ? 'sqs' : 'postgres' } = wishes;
  const faults = (wishes.faults ?? FAULT_KINDS).filter((kind) => kind !== 'queue_away' || mode === 'sqs');
  const random = new SeededRandom(seed);
  const attackMs = Math.round(seconds * 1_000 * ATTACK_SHARE);
  const items = itemsOf(random, attackMs, Math.round((attackMs / 1_000) * perSecond), wishes);
  const events = eventsOf(random, attackMs, seconds / 60, faults);
  const healMs = wishes.healMs ?? Math.max(60_000, seconds * 1_000);
  const leasesHold = faults.every((kind) => HARMLESS_TO_LEASES.includes(kind));
  return { seed, attackMs, healMs, workers: 3, mode, tenants: TENANTS, items, events, script, leasesHold };
}

function itemsOf(random: SeededRandom, attackMs: number, count: number, { kinds, poisons }: LedgerWishes): Item[] {
  const bad = poisons ?? (attackMs < LONG_ENOUGH_MS ? 0 : POISONS);
  const places = new Set(Array.from({ length: bad }, () => random.whole(count >> 4, count >> 2)));
  return Array.from({ length: count }, (_, n) => {
    const drawn = kindOf(random);
    const wanted = kinds === undefined || kinds.includes(drawn) ? drawn : (kinds[n % kinds.length] ?? drawn);
    return itemOf(random, n, places.has(n) ? 'poison' : wanted, Math.floor((attackMs * 0.95 * n) / count));
  });
}

function itemOf(random: SeededRandom, n: number, kind: ItemKind, atMs: number): Item {
  const tenant = random.whole(0, TENANTS - 1);
  const shelf = `shelf-${String(random.whole(0, SHELVES - 1))}`;
  const item = {
    ...{ n, atMs, kind, tenant },
    ref: `${kind}-${String(n)}-${random.whole(0, 0xffffff).toString(16)}`,
    bucket: BUCKETS[random.whole(0, BUCKETS.length - 1)] ?? 'a',
    operation: random.next() < 0.5 ? ('put' as const) : ('pay' as const),
    grouped: random.next() < 0.5,
  };
  return kind === 'shelf' ? { ...item, shelf } : item;
}

function kindOf(random: SeededRandom): ItemKind {
  let drawn = random.next() * 100;
  for (const [kind, weight] of Object.entries(WEIGHTS)) {
    drawn -= weight;
    if (drawn < 0) return kind as ItemKind;
  }
  return 'put';
}

/** In a long run each kind comes; a short one has time for a few, by the seed, and always kills. */
function drawnFrom(random: SeededRandom, kinds: readonly FaultKind[], minutes: number): FaultKind[] {
  const all = kinds.flatMap((kind) =>
    Array.from({ length: Math.max(1, Math.round(PER_MINUTE[kind] * minutes)) }, () => kind),
  );
  if (minutes >= 0.5) return all;
  const brief = random.shuffled(all.filter((kind) => kind !== 'freeze_worker')).slice(0, Math.ceil(minutes * 15));
  return kinds.includes('kill_worker') ? ['kill_worker', ...brief] : brief;
}

/** Spread over the attack, the long ones first, so that what they leave is seen before the end. */
function eventsOf(
  random: SeededRandom,
  attackMs: number,
  minutes: number,
  kinds: readonly FaultKind[],
): readonly FaultEvent[] {
  const shuffled = random
    .shuffled(drawnFrom(random, kinds, minutes))
    .sort((a, b) => Number(b === 'freeze_worker') - Number(a === 'freeze_worker'));
  const step = (attackMs - 2_000) / shuffled.length;
  return shuffled.map((kind, at) => ({
    kind,
    atMs: Math.round(1_500 + step * (at + random.next() * 0.6)),
    victim: random.whole(0, 11),
    forMs: kind === 'freeze_worker' ? FREEZE_MS : random.whole(800, 2_500),
  }));
}
