import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { uuidv7 } from '@puente/kernel';
import { InvalidFieldsError } from '@puente/tenancy';
import { AccountingKeyReusedError, AccountingEntryNotFoundError } from './accounting.errors';
import { type EntryView, entryView } from './accounting-entry';
import { AccountingLog } from './accounting-log';
import { readBody } from './accounting-message';
import { AccountingMetrics } from './accounting-metrics';
import type { PartnerBody } from './accounting.schemas';
import { type Arrival, EntryAcceptance, type Taken } from './entry-acceptance';
import { findEntry } from './entry-rows';
import type { MessageAttributes } from './message-attributes';
import { Unusable } from './unusable';

export interface AskOptions {
  /** The name of the route; left out: the first that takes it. */
  readonly route?: string | undefined;
  /** The caller's own, for routes without a key. */
  readonly idempotencyKey?: string | undefined;
  readonly traceId?: string | undefined;
}

export interface AcceptedEntry extends EntryView {
  /** It was there before: nothing is done twice. */
  readonly repeated: boolean;
}

/** What clients want in the books, by REST. With the answer it is committed; a worker calls Odoo. */
@Injectable()
export class AccountingFlow {
  constructor(
    private readonly database: TenantDatabase,
    private readonly acceptance: EntryAcceptance,
    private readonly log: AccountingLog,
    private readonly metrics: AccountingMetrics,
  ) {}

  /**
   * @param text the body as it was sent: its digits are what counts
   * @throws {InvalidFieldsError} no route takes it, or it lacks what the route asks for @throws {AccountingKeyReusedError}
   */
  move(tenantId: string, text: string, options: AskOptions): Promise<AcceptedEntry> {
    const body = readBody(text);
    if (body instanceof Unusable) throw new InvalidFieldsError([{ path: body.path, message: body.problem }]);
    const message = { body, attributes: { model: 'account.move', method: 'create_post_move' }, groupId: '' };
    return this.accept(tenantId, arrival('move', message, options));
  }

  /** @throws {InvalidFieldsError} {@link AccountingKeyReusedError} */
  partner(tenantId: string, { accountId, finalitixUserId }: PartnerBody, options: AskOptions): Promise<AcceptedEntry> {
    const number = Number(accountId);
    const attributes: MessageAttributes = {
      ...{ model: 'res.partner', method: 'create_finalitix_partner' },
      accountId: Number.isSafeInteger(number) ? number : accountId,
      finalitixUserId,
    };
    return this.accept(tenantId, arrival('partner', { body: {}, attributes, groupId: '' }, options));
  }

  private async accept(tenantId: string, one: Arrival & { readonly choice: { readonly kind: EntryView['kind'] } }) {
    const { taken, row } = await this.database.run(tenantId, async (tx) => {
      const [only] = await this.acceptance.take(tx, [one]);
      const entryId = only === undefined || only instanceof Unusable ? undefined : only.entryId;
      return { taken: only, row: entryId === undefined ? undefined : await findEntry(tx, one.choice.kind, entryId) };
    });
    return this.answer(tenantId, taken ?? new Unusable('nothing came'), row && entryView(row));
  }

  private answer(tenantId: string, taken: Taken, view: EntryView | undefined): AcceptedEntry {
    if (taken instanceof Unusable) {
      this.metrics.came('api', 'refused');
      throw new InvalidFieldsError([{ path: taken.path.replace(/^(body|attributes)\./, ''), message: taken.problem }]);
    }
    this.metrics.came('api', taken.kind);
    if (taken.kind === 'conflicted') {
      this.log.conflicted(tenantId, taken.entryId);
      throw new AccountingKeyReusedError(taken.entryId);
    }
    if (!view) throw new AccountingEntryNotFoundError(taken.entryId);
    return { ...view, repeated: taken.kind === 'repeated' };
  }
}

function arrival<K extends EntryView['kind']>(
  kind: K,
  message: Arrival['message'],
  { route: name, idempotencyKey, traceId }: AskOptions,
) {
  return {
    ...{ message, choice: { kind, name }, origin: 'api' as const, traceId },
    otherwise: `request:${idempotencyKey === undefined ? uuidv7() : encodeURIComponent(idempotencyKey)}`,
  };
}
