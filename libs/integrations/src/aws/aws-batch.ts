import type { Failure } from '@puente/kernel';
import { unknown } from '@puente/kernel';
import type { AwsErrorMeaning } from './aws-error-codes';
import { meaningOf } from './aws-error-codes';
import { AwsBatchFailedError } from './aws-errors';

/** An entry AWS did not take, and whether it may be sent again: `unknown` may have been taken all the same. */
export interface BatchFailure {
  readonly id: string;
  readonly code: string;
  readonly message?: string;
  readonly outcome: 'rejected' | 'throttled' | 'unauthorized' | 'unknown';
}

export interface BatchAnswer<Success extends { readonly id: string }> {
  readonly successful: readonly Success[];
  readonly failed: readonly BatchFailure[];
}

/** An entry of `Failed` as SQS and SNS both spell it. */
export interface BatchErrorEntry {
  readonly Id?: string | undefined;
  readonly Code?: string | undefined;
  readonly Message?: string | undefined;
  readonly SenderFault?: boolean | undefined;
}

/**
 * A batch call answers 200 even when nothing was done. One entry done makes the call a success that lists, entry by
 * entry, what became of the others; nothing done makes it the failure its entries have in common.
 *
 * @param ids of the entries as they were sent: each must be accounted for exactly once
 * @throws AwsBatchFailedError when no entry was done, or when the answer leaves an entry out
 */
export function settleBatch<Success extends { readonly id: string }>(
  ids: readonly string[],
  successful: readonly Success[],
  failed: readonly BatchErrorEntry[],
  codes: Readonly<Record<string, AwsErrorMeaning>> = {},
): BatchAnswer<Success> {
  const refused = failed.map((entry) => refusal(entry, codes));
  const answered = [...successful, ...refused].map(({ id }) => id).sort();
  if (answered.join('\n') !== [...ids].sort().join('\n')) {
    throw new AwsBatchFailedError(unknown('bad_body', { message: 'The answer does not account for every entry.' }));
  }
  if (successful.length === 0) throw new AwsBatchFailedError(common(refused));
  return { successful, failed: refused };
}

function refusal(entry: BatchErrorEntry, codes: Readonly<Record<string, AwsErrorMeaning>>): BatchFailure {
  const { Id: id = '', Code: code = 'Unknown', Message: message, SenderFault: ours } = entry;
  const meaning = meaningOf(code, codes);
  return { id, code, outcome: outcomeOf(meaning, ours === true), ...(message === undefined ? {} : { message }) };
}

function outcomeOf(meaning: AwsErrorMeaning | undefined, senderFault: boolean): BatchFailure['outcome'] {
  if (meaning === 'throttled' || meaning === 'rejected') return meaning;
  if (meaning === 'unauthorized' || meaning === 'forbidden') return 'unauthorized';
  return senderFault ? 'rejected' : 'unknown';
}

/** The most careful of the entries' outcomes: only if all agree that nothing happened did nothing happen. */
function common(refused: readonly BatchFailure[]): Failure {
  const codeOf = (outcome: BatchFailure['outcome']): string | undefined =>
    refused.find((entry) => entry.outcome === outcome)?.code;
  const lost = codeOf('unknown');
  if (lost !== undefined) return unknown('server_error', { code: lost });
  for (const kind of ['unauthorized', 'throttled'] as const) {
    const code = codeOf(kind);
    if (code !== undefined) return { kind, code };
  }
  return { kind: 'rejected', code: codeOf('rejected') };
}
