import type { Received } from '../../support/sandbox-tenant';
import type { Evidence, NotificationRow } from './evidence';
import type { Kind } from './fault-plan';
import type { AcceptedSending } from './fault-sender';

/** What was accepted beside what is left to see of it. */
export class Judged {
  private readonly effects: ReadonlyMap<string, readonly Received[]>;
  private readonly rows: ReadonlyMap<string, NotificationRow>;
  private readonly rowsByMessageId: ReadonlyMap<string | null, NotificationRow>;

  /** @param mostCut the most calls that can have been in flight at the kills */
  constructor(
    readonly accepted: readonly AcceptedSending[],
    readonly evidence: Evidence,
    readonly mostCut: number,
  ) {
    this.effects = byMessage(evidence.effects);
    this.rows = new Map(evidence.notifications.map((row) => [row.id, row]));
    this.rowsByMessageId = new Map(evidence.notifications.map((row) => [row.snsMessageId, row]));
  }

  of(kinds: readonly Kind[]): readonly AcceptedSending[] {
    return this.accepted.filter(({ kind }) => kinds.includes(kind));
  }

  /** Oldest first; texts are unlike each other. */
  effectsOf({ message }: AcceptedSending): readonly Received[] {
    return this.effects.get(message) ?? [];
  }

  repeated(kinds: readonly Kind[]): readonly (readonly Received[])[] {
    return this.of(kinds)
      .map((sending) => this.effectsOf(sending))
      .filter((effects) => effects.length > 1);
  }

  /** By REST its own row; a foreign producer's is found by a message id that SNS gave. */
  rowOf(sending: AcceptedSending): NotificationRow | undefined {
    if (sending.id !== undefined) return this.rows.get(sending.id);
    return this.effectsOf(sending)
      .map(({ messageId }) => this.rowsByMessageId.get(messageId))
      .find((row) => row !== undefined);
  }

  statusOf(sending: AcceptedSending): string {
    return this.rowOf(sending)?.status ?? 'no row';
  }

  /** By REST the order is that of the rows; a foreign producer sends a group's messages one after the other. */
  isInOrder(group: string): boolean {
    const members = this.accepted.filter((sending) => sending.group === group);
    const places = new Map([...this.rows.keys()].map((id, place) => [id, place]));
    const placeOf = ({ id = '' }: AcceptedSending): number => places.get(id) ?? 0;
    const accepted = members[0]?.id === undefined ? members : [...members].sort((a, b) => placeOf(a) - placeOf(b));
    const firstAt = new Map<string, number>();
    this.evidence.effects.forEach(({ message }, place) => {
      if (!firstAt.has(message)) firstAt.set(message, place);
    });
    const published = accepted.flatMap(({ message }) => firstAt.get(message) ?? []);
    return published.every((place, n) => n === 0 || place > (published[n - 1] ?? 0));
  }
}

/** The repeat that a message says to be; undefined for a first. */
export function markOf({ messageAttributes }: Received): string | undefined {
  return messageAttributes?.['puente_repeat']?.StringValue;
}

export function isPublish({ operation }: { readonly operation: string }): boolean {
  return operation === 'publish';
}

function byMessage(effects: readonly Received[]): ReadonlyMap<string, readonly Received[]> {
  const found = new Map<string, Received[]>();
  for (const effect of effects) {
    const same = found.get(effect.message);
    if (same) same.push(effect);
    else found.set(effect.message, [effect]);
  }
  return found;
}
