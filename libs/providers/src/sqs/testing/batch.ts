import { AwsError } from '@puente/integrations/testing';
import { sqsError } from './sqs-wire.errors';

export interface FailedEntry {
  readonly Id: string;
  readonly SenderFault: boolean;
  readonly Code: string;
  readonly Message: string;
}

/** What AWS checks about a batch before it looks at an entry; a broken rule fails the whole call. */
export function assertBatch(entries: readonly { readonly Id: string }[], entryName: string): void {
  if (entries.length === 0) {
    throw sqsError('EmptyBatchRequest', `There should be at least one ${entryName} in the request.`);
  }
  if (entries.length > 10) {
    const reason = `Maximum number of entries per request are 10. You have sent ${String(entries.length)}.`;
    throw sqsError('TooManyEntriesInBatchRequest', reason);
  }
  if (entries.some(({ Id }) => !/^[\w-]{1,80}$/.test(Id))) {
    throw sqsError(
      'InvalidBatchEntryId',
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
    );
  }
  const seen = new Set<string>();
  for (const { Id } of entries) {
    if (seen.has(Id)) throw sqsError('BatchEntryIdsNotDistinct', `Id ${Id} repeated.`);
    seen.add(Id);
  }
}

export function failedEntry(id: string, { shape, message }: AwsError): FailedEntry {
  return { Id: id, SenderFault: shape.fault === 'Sender', Code: shape.queryCode, Message: message };
}

/** Sorts the entries of a batch into those that passed and those AWS refuses one by one. */
export function examine<Entry extends { readonly Id: string }, Good>(
  entries: readonly Entry[],
  look: (entry: Entry) => Good,
): { good: { entry: Entry; value: Good }[]; failed: FailedEntry[] } {
  const good: { entry: Entry; value: Good }[] = [];
  const failed: FailedEntry[] = [];
  for (const entry of entries) {
    try {
      good.push({ entry, value: look(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      failed.push(failedEntry(entry.Id, error));
    }
  }
  return { good, failed };
}

/** Both lists, and neither when it is empty: the SDKs take an absent list for an empty one. */
export function batchOutput(successful: readonly object[], failed: readonly FailedEntry[]): Record<string, unknown> {
  return {
    ...(successful.length > 0 ? { Successful: successful } : {}),
    ...(failed.length > 0 ? { Failed: failed } : {}),
  };
}
