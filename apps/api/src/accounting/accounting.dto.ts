import {
  AccountingRoute,
  AccountingRoutesBody,
  DEFAULT_ROUTES,
  EntriesRouteName,
  ENTRY_KINDS,
  MoveBody,
  PartnerBody,
  QueueMessageBody,
} from '@puente/flows/accounting';
import { OPERATION_STATES } from '@puente/ledger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { flag } from '../http/flag';
import { since, until } from '../http/instant';
import { filterText, limit, someOf } from '../http/page';

const ID = '0190f6d2-7c1e-7a55-9a0e-3f6f5f0d7a21';

export class CreateMove extends createZodDto(
  MoveBody.meta({
    examples: [{ transaction_id: 123, amount: '1500.00', finalitix_type: 'cargo', description: 'Pago a proveedor' }],
  }),
) {}
export class CreatePartner extends createZodDto(
  PartnerBody.meta({ examples: [{ accountId: 77, finalitixUserId: 'u-17' }] }),
) {}
export class SendAccountingMessage extends createZodDto(
  QueueMessageBody.meta({
    examples: [
      {
        attributes: { method: 'create_post_move', model: 'account.move' },
        body: { transaction_id: 123, amount: 1500.5, finalitix_type: 'abono', description: 'Cobro' },
      },
    ],
  }),
) {}
export class PutAccountingRoutes extends createZodDto(
  AccountingRoutesBody.meta({ examples: [{ routes: [...DEFAULT_ROUTES], version: 0 }] }),
) {}

export class EntryParams extends createZodDto(
  z.strictObject({ id: z.uuid().toLowerCase().meta({ description: 'Id of an entry.' }) }),
) {}

export class ChooseRoute extends createZodDto(
  z.strictObject({
    route: EntriesRouteName.optional().meta({
      description: 'Name of one of the tenant’s routes. Left out: the first of this kind that takes it.',
    }),
  }),
) {}

export class EntriesQuery extends createZodDto(
  z.strictObject({
    state: someOf(OPERATION_STATES).optional().meta({ description: 'Only those in these states, with commas.' }),
    reference: filterText(200).optional().meta({ description: 'Only those of this transaction or user.' }),
    route: EntriesRouteName.optional().meta({ description: 'Only those of this route.' }),
    conflicted: flag.optional().meta({ description: 'true: only those whose key also came with other contents.' }),
    since,
    until,
    cursor: z.uuid().toLowerCase().optional().meta({ description: '`next` of the previous page.' }),
    limit,
  }),
) {}

const time = z.iso.datetime();
const view = {
  id: z.uuid(),
  kind: z.enum(ENTRY_KINDS),
  route: z.string(),
  routesVersion: z.int().meta({ description: 'Of the routes by which it was made; 0: the built-in ones.' }),
  key: z.string().meta({ description: 'What tells it from all other entries of the tenant, for ever.' }),
  state: z
    .enum(OPERATION_STATES)
    .meta({ description: 'Of its operation. `succeeded`: it is in the books. `needs_review`: a person has to look.' }),
  amount: z.string().nullable().meta({ description: 'Exact, with all decimals of the currency.' }),
  currency: z.string().nullable(),
  direction: z.enum(['cargo', 'abono']).nullable(),
  reference: z.string().nullable(),
  integration: z.string(),
  operationId: z.uuid().meta({ description: 'Its tries, retry and resolve are at /v1/operations.' }),
  earlierOperationIds: z.array(z.uuid()).meta({ description: 'Operations that were done again, oldest first.' }),
  problem: z
    .object({ code: z.string().nullable(), message: z.string().nullable() })
    .nullable()
    .meta({ description: 'Why it is not in the books, or not yet: the message is Odoo’s own.' }),
  nextAttemptAt: time.nullable(),
  odooId: z.int().nullable().meta({ description: 'Number of the record in Odoo, where the method tells it.' }),
  duplicate: z.boolean().nullable().meta({ description: 'Odoo had it already, by a try whose answer was lost.' }),
  origin: z.enum(['api', 'queue']),
  messageId: z.string().nullable().meta({ description: 'The queue’s, of the first message.' }),
  repeats: z.int().meta({ description: 'How often it came again and was nothing new.' }),
  conflicts: z.int().meta({ description: 'How often its key came with other contents, and was refused.' }),
  conflictAt: time.nullable(),
  createdAt: time,
  settledAt: time.nullable(),
};
const example = {
  ...{ id: ID, kind: 'move' as const, route: 'create-post-move', routesVersion: 0, key: 'create-post-move:txn:123' },
  ...{ state: 'rejected' as const, amount: '1500.00', currency: 'MXN', direction: 'cargo' as const, reference: '123' },
  ...{ integration: 'default', operationId: ID, earlierOperationIds: [] },
  problem: { code: 'odoo.exceptions.UserError', message: 'You cannot add/modify entries prior to the lock date.' },
  ...{ nextAttemptAt: null, odooId: null, duplicate: null, origin: 'queue' as const, messageId: ID },
  ...{ repeats: 1, conflicts: 0, conflictAt: null },
  ...{ createdAt: '2026-11-23T12:00:00.000Z', settledAt: '2026-11-23T12:00:01.000Z' },
};

const entry = z.object(view).meta({ examples: [example] });
export class AccountingEntry extends createZodDto(entry) {}
export class AccountingEntryPage extends createZodDto(
  z.object({ items: z.array(entry), next: z.string().nullable() }),
) {}
export class AcceptedAccountingEntry extends createZodDto(
  z
    .object({ ...view, repeated: z.boolean().meta({ description: 'It was there before: nothing is done twice.' }) })
    .meta({
      examples: [
        {
          ...example,
          state: 'queued',
          problem: null,
          origin: 'api',
          messageId: null,
          settledAt: null,
          repeated: false,
        },
      ],
    }),
) {}

export class AcceptedAccountingMessage extends createZodDto(
  z
    .object({ operationId: z.uuid().meta({ description: 'The send to the queue.' }) })
    .meta({ examples: [{ operationId: ID }] }),
) {}

export class AccountingRoutesInForce extends createZodDto(
  z
    .object({
      version: z.int().meta({ description: '0: none were saved, and the built-in ones are used.' }),
      routes: z.array(AccountingRoute),
      savedAt: time.nullable(),
    })
    .meta({ examples: [{ version: 0, routes: [...DEFAULT_ROUTES], savedAt: null }] }),
) {}
