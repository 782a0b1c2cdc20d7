import { CONSUMER_VISIBILITY_S } from '@puente/queue';
import { z } from 'zod';

export type QueueField = 'queueUrl' | 'deadLetterQueueUrl';

/** What AWS tells of a queue, in its own names; texts, also the numbers. */
export const QueueFacts = z.object({
  QueueArn: z.string().min(1),
  FifoQueue: z.string().optional(),
  RedrivePolicy: z.string().optional(),
  KmsMasterKeyId: z.string().optional(),
  SqsManagedSseEnabled: z.string().optional(),
  MessageRetentionPeriod: z.string().optional(),
  VisibilityTimeout: z.string().optional(),
});
export type QueueFacts = z.output<typeof QueueFacts>;

/** After so many receives without being taken over, SQS itself puts a message aside. */
export const MAX_RECEIVES = 5;
/** Dead letters wait for a person: as long as SQS keeps anything. */
export const LONGEST_RETENTION_S = 1_209_600;
/** What a queue of ours is created with; longer than what the consumer asks for, for whoever reads it by hand. */
export const VISIBILITY_S = 60;

/** One thing that must be so of a pair of queues. */
export interface QueueFinding {
  readonly about: QueueField;
  readonly check: 'exists' | 'fifo' | 'redrive' | 'encryption' | 'retention' | 'visibility';
  readonly ok: boolean;
  /** What is so; or what is wrong, and what to do. */
  readonly text: string;
  /** Attributes that would mend it; without them it cannot be mended in place. */
  readonly mend?: Readonly<Record<string, string>>;
}

export interface Wishes {
  /** Encrypted with this key of KMS, and no other. */
  readonly kmsKeyId?: string | undefined;
}

type Pair = Readonly<Record<QueueField, QueueFacts>>;

/**
 * Everything the two queues of a tenant should be, checked in one place: binding shows what is wrong as warnings,
 * `puente queues verify` line by line, and `puente queues create --repair` sets what can be set.
 */
export function findingsOf(pair: Pair, wishes: Wishes = {}): QueueFinding[] {
  const both = ['queueUrl', 'deadLetterQueueUrl'] as const;
  return [
    ...both.map((about) => fifo(about, pair[about])),
    redrive(pair),
    endOfTheLine(pair.deadLetterQueueUrl),
    ...both.map((about) => encryption(about, pair[about], wishes)),
    retention(pair),
    visibility(pair.queueUrl),
  ];
}

function fifo(about: QueueField, { FifoQueue }: QueueFacts): QueueFinding {
  return FifoQueue === 'true'
    ? { about, check: 'fifo', ok: true, text: `${about} is a FIFO queue.` }
    : {
        about,
        check: 'fifo',
        ok: false,
        text: `${about} is no FIFO queue: create another one, its kind cannot change.`,
      };
}

function redrive({ queueUrl, deadLetterQueueUrl }: Pair): QueueFinding {
  const policy = policyOf(queueUrl.RedrivePolicy);
  const mend = redrivePolicyTo(deadLetterQueueUrl.QueueArn);
  const finding = { about: 'queueUrl', check: 'redrive' } as const;
  if (policy?.deadLetterTargetArn !== deadLetterQueueUrl.QueueArn) {
    const text = `queueUrl has no RedrivePolicy to deadLetterQueueUrl: set one with maxReceiveCount ${String(MAX_RECEIVES)}, or a message that kills its consumer comes back for ever.`;
    return { ...finding, ok: false, text, mend };
  }
  const most = Number(policy.maxReceiveCount);
  if (most >= MAX_RECEIVES)
    return {
      ...finding,
      ok: true,
      text: `queueUrl gives messages up to deadLetterQueueUrl after ${String(most)} receives.`,
    };
  const text = `queueUrl gives messages up after ${String(most)} receives: set maxReceiveCount ${String(MAX_RECEIVES)} in its RedrivePolicy, or a short trouble of ours makes dead letters.`;
  return { ...finding, ok: false, text, mend };
}

/** A redrive reads this queue, which counts as receiving: SQS would move on what is read often. */
function endOfTheLine({ RedrivePolicy }: QueueFacts): QueueFinding {
  const finding = { about: 'deadLetterQueueUrl', check: 'redrive' } as const;
  return policyOf(RedrivePolicy) === undefined
    ? { ...finding, ok: true, text: 'deadLetterQueueUrl keeps what is in it.' }
    : {
        ...finding,
        ok: false,
        text: 'deadLetterQueueUrl has a RedrivePolicy of its own: remove it, or letters that are looked at move on to another queue.',
        mend: { RedrivePolicy: '' },
      };
}

function encryption(about: QueueField, facts: QueueFacts, { kmsKeyId }: Wishes): QueueFinding {
  const { KmsMasterKeyId, SqsManagedSseEnabled } = facts;
  const finding = { about, check: 'encryption' } as const;
  if (kmsKeyId !== undefined && KmsMasterKeyId !== kmsKeyId) {
    const text = `${about} is not encrypted with ${kmsKeyId}: set KmsMasterKeyId.`;
    return { ...finding, ok: false, text, mend: { KmsMasterKeyId: kmsKeyId } };
  }
  if (KmsMasterKeyId !== undefined)
    return { ...finding, ok: true, text: `${about} is encrypted with ${KmsMasterKeyId}.` };
  if (SqsManagedSseEnabled === 'true') return { ...finding, ok: true, text: `${about} is encrypted with keys of SQS.` };
  const text = `${about} is not encrypted at rest: set SqsManagedSseEnabled.`;
  return { ...finding, ok: false, text, mend: { SqsManagedSseEnabled: 'true' } };
}

function retention({ queueUrl, deadLetterQueueUrl }: Pair): QueueFinding {
  const [queue, dead] = [queueUrl, deadLetterQueueUrl].map(({ MessageRetentionPeriod }) =>
    Number(MessageRetentionPeriod),
  );
  const finding = { about: 'deadLetterQueueUrl', check: 'retention' } as const;
  if (dead !== undefined && queue !== undefined && dead >= queue)
    return { ...finding, ok: true, text: `deadLetterQueueUrl keeps messages for ${days(dead)}.` };
  const text = `deadLetterQueueUrl forgets messages sooner (${days(dead ?? NaN)}) than queueUrl: set MessageRetentionPeriod ${String(LONGEST_RETENTION_S)}.`;
  return { ...finding, ok: false, text, mend: { MessageRetentionPeriod: String(LONGEST_RETENTION_S) } };
}

function visibility({ VisibilityTimeout }: QueueFacts): QueueFinding {
  const seconds = Number(VisibilityTimeout);
  const finding = { about: 'queueUrl', check: 'visibility' } as const;
  if (seconds >= CONSUMER_VISIBILITY_S)
    return { ...finding, ok: true, text: `queueUrl hides a received message for ${String(seconds)} s.` };
  const text = `queueUrl hides a received message for ${String(seconds)} s only: set VisibilityTimeout ${String(VISIBILITY_S)}, or whoever reads it by hand gets messages twice.`;
  return { ...finding, ok: false, text, mend: { VisibilityTimeout: String(VISIBILITY_S) } };
}

/** The attribute that makes SQS put messages aside there. */
export function redrivePolicyTo(deadLetterTargetArn: string): { readonly RedrivePolicy: string } {
  return { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: MAX_RECEIVES }) };
}

const Policy = z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.union([z.number(), z.string()]) });

function policyOf(text: string | undefined): z.output<typeof Policy> | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    return Policy.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // AWS only stores JSON; whatever else this is, it redrives nothing
  }
}

function days(seconds: number): string {
  return `${String(Math.round((seconds / 86_400) * 10) / 10)} days`;
}
