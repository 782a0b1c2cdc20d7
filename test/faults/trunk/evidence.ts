import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { type Answer, bodyOf, type JsonClient } from '../../support/sandbox-client';
import type { SandboxFacts } from '../../support/sandbox-process';
import { type NotificationView, type ReadyTenant, type Received, receivedBySns } from '../../support/sandbox-tenant';

export interface OperationRow {
  readonly id: string;
  readonly provider: string;
  readonly operation: string;
  readonly state: string;
  readonly repeats: number;
  readonly maybeSent: boolean;
}

export type NotificationRow = Omit<NotificationView, 'steps'>;

/** What is left to see of a run: at SNS, in our tables, in the queues. */
export interface Evidence {
  /** Oldest first. */
  readonly effects: readonly Received[];
  /** In the order in which they were accepted. */
  readonly notifications: readonly NotificationRow[];
  readonly operations: readonly OperationRow[];
  readonly audit: { readonly ok: boolean; readonly checked: number };
  readonly waiting: { readonly queue: number; readonly deadLetters: number };
}

const ENDED = new Set([
  'published',
  'invoked',
  'needs_review',
  'dead_lettered',
  'not_found',
  'rejected',
  'exhausted',
  'dropped',
  'cancelled',
  'deduplicated',
  'skipped',
]);

export async function notificationsOf(tenant: ReadyTenant): Promise<NotificationRow[]> {
  return (await allPages<NotificationRow>(tenant.client, '/v1/notifications')).reverse();
}

export function hasEnded({ status }: NotificationRow): boolean {
  return ENDED.has(status);
}

export async function gather(tenant: ReadyTenant, facts: SandboxFacts): Promise<Evidence> {
  return {
    effects: await receivedBySns(facts),
    notifications: await notificationsOf(tenant),
    operations: await allPages<OperationRow>(tenant.client, '/v1/operations'),
    audit: bodyOf<Evidence['audit']>(await tenant.audit.get('/v1/audit/verify'), 200),
    waiting: {
      queue: await depthOf(tenant, tenant.queueUrl),
      deadLetters: await depthOf(tenant, tenant.deadLetterQueueUrl),
    },
  };
}

async function allPages<T>(client: JsonClient, path: string): Promise<T[]> {
  const items: T[] = [];
  let next: string | null = '';
  while (next !== null) {
    const answer: Answer = await client.get(`${path}?limit=100${next === '' ? '' : `&cursor=${next}`}`);
    const page = bodyOf<{ items: T[]; next: string | null }>(answer, 200);
    items.push(...page.items);
    next = page.next;
  }
  return items;
}

/** Visible and received messages together: what a queue still has to give. */
export async function depthOf(tenant: ReadyTenant, QueueUrl: string): Promise<number> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const { Attributes = {} } = await tenant.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }),
  );
  return names.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
}
