import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { isUuid } from '@puente/kernel';
import { type AttemptView, OperationLedger } from '@puente/ledger';
import {
  findJourney,
  type JourneyRow,
  listJourneys,
  type NotificationFilter,
  repeatsOf,
  type Return,
  returnsOf,
} from './journey-rows';
import { NotificationContents } from './notification-content';
import type { NotificationStatus } from './notification-status';
import { NotificationNotFoundError } from './notifications.errors';
import { parseMessage } from './parse-message';

export interface NotificationSummary {
  readonly id: string;
  readonly status: NotificationStatus;
  /** `api`: by REST. `queue`: from a producer that knows only the queue. */
  readonly origin: 'api' | 'queue';
  readonly event: string | null;
  readonly topic: string;
  readonly group: string;
  readonly queueMessageId: string | null;
  readonly snsMessageId: string | null;
  /** Publishes made although an earlier one may have happened: at most so many copies too many. */
  readonly repeats: number;
  readonly deduplicatedOf: string | null;
  /** Why it went no further; null while all is well. */
  readonly reason: { readonly code: string; readonly message: string | null } | null;
  readonly createdAt: Date;
  readonly queuedAt: Date | null;
  readonly handledAt: Date | null;
  readonly publishedAt: Date | null;
  readonly deadLetteredAt: Date | null;
}

export interface JourneyStep {
  readonly step: 'accepted' | 'queued' | 'handled' | 'published' | 'invoked' | 'dead_lettered' | 'redriven';
  /** When it was done; null while it is not. */
  readonly at: Date | null;
  readonly operationId: string | null;
  /** The operation's own state. */
  readonly state: string | null;
  readonly attempts: readonly AttemptView[];
}

export interface NotificationView extends NotificationSummary {
  /** Null when the tenant's data key no longer opens it. */
  readonly subject: string | null;
  readonly message: string | null;
  readonly bodyMd5: string;
  readonly queueUrl: string;
  /** How often it was sent to the queue. */
  readonly sends: number;
  /** Which handler took it; null: the built-in one, or none yet. */
  readonly handler: string | null;
  /** The function that took it in place of SNS. */
  readonly function: string | null;
  /** Notifications the queue took for repeats of this one. */
  readonly duplicates: readonly string[];
  readonly steps: readonly JourneyStep[];
}

export interface NotificationPage {
  readonly items: readonly NotificationSummary[];
  /** Cursor of the next page: a number as text; null on the last one. */
  readonly next: string | null;
}

/** Where a notification is, how it got there, or why it did not. */
@Injectable()
export class NotificationJourney {
  constructor(
    private readonly database: TenantDatabase,
    private readonly ledger: OperationLedger,
    private readonly contents: NotificationContents,
  ) {}

  /** Newest first. Decrypts nothing. @param cursor `next` of the page before */
  async list(
    tenantId: string,
    filter: NotificationFilter = {},
    cursor?: string,
    limit = 25,
  ): Promise<NotificationPage> {
    const rows = await this.database.run(tenantId, (tx) => listJourneys(tx, filter, cursor, limit + 1));
    const items = rows.slice(0, limit);
    return { items: items.map(summaryOf), next: rows.length > limit ? (items.at(-1)?.seq ?? null) : null };
  }

  /** With its text, its steps and every try of them. @throws {NotificationNotFoundError} also for another tenant's */
  async get(tenantId: string, id: string): Promise<NotificationView> {
    if (!isUuid(id)) throw new NotificationNotFoundError(id);
    const found = await this.database.run(tenantId, async (tx) => {
      const row = await findJourney(tx, id);
      return row && { row, duplicates: await repeatsOf(tx, id), returns: await returnsOf(tx, id) };
    });
    if (!found) throw new NotificationNotFoundError(id);
    const { row, duplicates, returns } = found;
    const [text, steps] = await Promise.all([this.textOf(tenantId, row), this.stepsOf(tenantId, row, returns)]);
    return {
      ...summaryOf(row),
      ...text,
      bodyMd5: row.bodyMd5,
      queueUrl: row.queueUrl,
      sends: row.sends,
      handler: row.handlerKind,
      function: row.handlerFunction,
      duplicates,
      steps,
    };
  }

  private async textOf(tenantId: string, row: JourneyRow) {
    try {
      const { body } = await this.contents.open(tenantId, row.id, row.content);
      const parsed = parseMessage(body);
      if (parsed.ok) return { subject: parsed.value.subject, message: parsed.value.message };
    } catch {
      // The journey is worth showing without its text: the row was copied here, or the tenant's key is gone.
    }
    return { subject: null, message: null };
  }

  private async stepsOf(tenantId: string, row: JourneyRow, returns: readonly Return[]): Promise<JourneyStep[]> {
    const step = async (
      name: JourneyStep['step'],
      at: Date | null,
      operationId: string | null = null,
      state: string | null = null,
    ): Promise<JourneyStep> => {
      const attempts: readonly AttemptView[] =
        operationId === null ? [] : await this.ledger.attempts(tenantId, operationId);
      return { step: name, at, operationId, state, attempts };
    };
    // A foreign message was in the queue before we heard of it.
    const steps = row.origin === 'api' ? [step('accepted', row.createdAt)] : [];
    steps.push(step('queued', row.queuedAt, row.sendOperationId, row.sendState));
    const isCurrent = ({ at }: Return): boolean => at.getTime() === row.deadLetteredAt?.getTime();
    for (const { at, copyOperationId, redrivenAt, operationId, state } of returns.filter((one) => !isCurrent(one)))
      steps.push(step('dead_lettered', at, copyOperationId), step('redriven', redrivenAt, operationId, state));
    if (row.handledAt) steps.push(step('handled', row.handledAt));
    const taken = row.handlerFunction === null ? 'published' : 'invoked';
    if (row.publishOperationId) steps.push(step(taken, row.publishedAt, row.publishOperationId, row.publishState));
    if (row.deadLetteredAt) steps.push(step('dead_lettered', row.deadLetteredAt, row.deadLetterOperationId));
    for (const { redrivenAt, operationId, state } of returns.filter(isCurrent))
      steps.push(step('redriven', redrivenAt, operationId, state));
    return Promise.all(steps);
  }
}

function summaryOf(row: JourneyRow): NotificationSummary {
  const { id, status, origin, event, topic, group, queueMessageId, snsMessageId, repeats, deduplicatedOf } = row;
  const { createdAt, queuedAt, handledAt, publishedAt, deadLetteredAt } = row;
  const stations = { createdAt, queuedAt, handledAt, publishedAt, deadLetteredAt };
  const ids = { queueMessageId, snsMessageId, repeats, deduplicatedOf };
  return { id, status, origin, event, topic, group, ...ids, reason: reasonOf(row), ...stations };
}

function reasonOf(row: JourneyRow): NotificationSummary['reason'] {
  switch (row.status) {
    case 'published':
    case 'invoked':
    case 'queued':
    case 'deduplicated':
    case 'cancelled':
      return null;
    case 'skipped':
      return { code: 'HANDLER_DISABLED', message: `The handler ${JSON.stringify(row.handlerKind)} is switched off.` };
    case 'dead_lettered':
      return { code: row.reasonCode ?? 'MESSAGE_INVALID', message: row.deadLetterReason };
    case 'accepted': // null, unless a first try met refused credentials: those burn no attempt
    case 'handled':
    case 'queueing':
    case 'publishing':
    case 'invoking':
    case 'not_found':
    case 'rejected':
    case 'exhausted':
    case 'needs_review':
    case 'dropped':
      return row.reasonCode === null ? null : { code: row.reasonCode, message: row.reasonMessage };
  }
}
