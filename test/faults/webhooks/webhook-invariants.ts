import type { Publishers } from './publishers';
import { RECEIVERS, type Receivers, type ReceiverName } from './receivers';
import type { WebhookPlan } from './webhook-plan';

export interface WebhookEvidence {
  readonly receivers: Receivers;
  readonly publishers: Publishers;
  readonly plan: WebhookPlan;
  /** What the disabled endpoint had got before it was enabled. */
  readonly beforeReplay: number;
  /** Deliveries that had not ended at the end. */
  readonly left: number;
}

export interface WebhookVerdict {
  readonly id: string;
  readonly name: string;
  readonly violations: readonly string[];
}

type Invariant = Omit<WebhookVerdict, 'violations'> & { violations(evidence: WebhookEvidence): string[] };

const invariants: readonly Invariant[] = [
  {
    id: 'W1-accepted',
    name: 'every event is accepted in the end, each under one id',
    violations: ({ publishers: { accepted, surprises }, plan: { publishers, eventsEach } }) => [
      ...surprises,
      ...(accepted.size === publishers * eventsEach ? [] : [`${String(accepted.size)} were accepted`]),
      ...(new Set(accepted.values()).size === accepted.size ? [] : ['two events have one id']),
    ],
  },
  {
    id: 'W2-everybody-gets-all',
    name: 'every receiver takes every event',
    violations: ({ publishers: { accepted }, receivers }) =>
      RECEIVERS.flatMap((name) => {
        const taken = receivers.takenBy(name);
        const missing = [...accepted.values()].filter((id) => !taken.has(id));
        return missing.length === 0
          ? []
          : [`${name}: ${String(missing.length)} are missing, ${missing[0] ?? ''} first`];
      }),
  },
  {
    id: 'W3-duplicates-carry-their-id',
    name: 'what comes twice comes under the same webhook-id, and nothing comes that was not published',
    violations: ({ publishers: { accepted }, receivers: { receipts } }) =>
      receipts
        .filter(({ publisher, n, webhookId }) => accepted.get(`${String(publisher)}-${String(n)}`) !== webhookId)
        .map(({ receiver, webhookId }) => `${receiver}: ${webhookId}`),
  },
  {
    id: 'W4-order-holds',
    name: 'the receiver with order sees each key in the order in which it was published',
    violations: ({ receivers, plan }) => disorder(receivers, plan.receivers.fifo),
  },
  {
    id: 'W5-signed',
    name: 'every request is signed with the secret of its endpoint',
    violations: ({ receivers: { receipts } }) =>
      receipts.filter(({ signed }) => !signed).map(({ receiver, webhookId }) => `${receiver}: ${webhookId}`),
  },
  {
    id: 'W6-disabled-is-held',
    name: 'a disabled endpoint gets nothing until it is enabled again',
    violations: ({ beforeReplay }) => (beforeReplay === 0 ? [] : [`it got ${String(beforeReplay)}`]),
  },
  {
    id: 'W7-everything-ends',
    name: 'no delivery is left under way',
    violations: ({ left }) => (left === 0 ? [] : [`${String(left)} are`]),
  },
];

export function webhookVerdicts(evidence: WebhookEvidence): WebhookVerdict[] {
  return invariants.map(({ id, name, violations }) => ({ id, name, violations: violations(evidence) }));
}

/** A number that comes for the first time after a later one of its publisher. */
function disorder({ receipts }: Receivers, name: ReceiverName): string[] {
  const latest = new Map<number, number>();
  const seen = new Set<string>();
  const found: string[] = [];
  for (const { receiver, publisher, n, webhookId } of receipts) {
    if (receiver !== name || seen.has(webhookId)) continue;
    seen.add(webhookId);
    const before = latest.get(publisher) ?? -1;
    if (n < before) found.push(`publisher ${String(publisher)}: ${String(n)} after ${String(before)}`);
    latest.set(publisher, Math.max(before, n));
  }
  return found;
}
