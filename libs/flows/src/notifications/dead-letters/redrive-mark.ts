import { isUuid } from '@puente/kernel';

const SENT_BACK = 'puente-redrive/';
const KEPT = 'puente-letter/';

/**
 * A message that is sent back says so in its deduplication id. Not in an attribute: a producer may have used up all ten
 * of them. It is the same for every try, so that the queue itself swallows repeats for five minutes; after that the
 * consumer does, who takes each letter over once.
 */
export function redriveMark(letterId: string): string {
  return `${SENT_BACK}${letterId}`;
}

/** The letter that a message of this deduplication id was sent back for. Anybody can write one: compare the text too. */
export function sentBackLetter(deduplicationId: string): string | undefined {
  return uuidAfter(SENT_BACK, deduplicationId);
}

/** Of a copy that was moved to the end of the dead-letter queue; another one each time, or SQS would swallow it. */
export function keptMark(letterId: string, round: string): string {
  return `${KEPT}${letterId}/${round}`;
}

export function keptLetter(deduplicationId: string): string | undefined {
  return uuidAfter(KEPT, deduplicationId);
}

function uuidAfter(prefix: string, text: string): string | undefined {
  if (!text.startsWith(prefix)) return undefined;
  const id = text.slice(prefix.length, prefix.length + 36);
  return isUuid(id) ? id : undefined;
}
