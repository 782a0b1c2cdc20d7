import { OPERATION_STATES } from '@puente/ledger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { instant } from '../http/instant';
import { filterText, limit } from '../http/page';

const uuid = z.uuid().toLowerCase();

export class OperationParams extends createZodDto(z.strictObject({ id: uuid })) {}

export class GetOperationQuery extends createZodDto(
  z.strictObject({
    waitMs: z.coerce
      .number()
      .int()
      .min(0)
      .max(60_000)
      .default(0)
      .meta({ description: 'How long to wait for the operation to be settled; the answer comes as soon as it is.' }),
  }),
) {}

export class ListOperationsQuery extends createZodDto(
  z.strictObject({
    provider: filterText(50).optional(),
    operation: filterText(64).optional(),
    state: z.enum(OPERATION_STATES).optional(),
    routeKey: filterText(400)
      .optional()
      .meta({ description: '`{route}:{key}`: the operation behind an Idempotency-Key.' }),
    since: instant.optional(),
    until: instant.optional(),
    cursor: z.string().max(64).optional().meta({ description: '`next` of the previous page.' }),
    limit,
  }),
) {}

export class ResolveOperation extends createZodDto(
  z
    .strictObject({
      outcome: z.enum(['applied', 'absent']).meta({ description: 'What you found out at the provider.' }),
      then: z
        .enum(['close', 'resend'])
        .meta({ description: 'Close it, or send it again; only what is absent can be sent again.' }),
      note: z.string().max(500).optional().meta({ description: 'For the audit trail.' }),
    })
    .refine(({ outcome, then }) => outcome === 'absent' || then === 'close', {
      path: ['then'],
      error: 'what was applied can only be closed',
    })
    .meta({ examples: [{ outcome: 'absent', then: 'resend', note: 'not in the log of SNS' }] }),
) {}

export class OperationAttempt extends createZodDto(
  z.object({
    number: z.int(),
    mode: z.string(),
    startedAt: z.iso.datetime(),
    durationMs: z.int(),
    outcome: z.string(),
    providerCode: z.string().nullable(),
    providerStatus: z.int().nullable(),
    excerpt: z.string().nullable(),
    repeat: z.boolean(),
    applied: z
      .boolean()
      .meta({ description: 'false: this worker had lost its lease, so the try changed nothing here.' }),
  }),
) {}

const summary = {
  id: z.uuid(),
  provider: z.string(),
  operation: z.string(),
  integration: z.string(),
  effect: z.string(),
  state: z.enum(OPERATION_STATES),
  attempt: z.int(),
  repeats: z.int().meta({ description: 'Calls made although an earlier one may have happened.' }),
  maybeSent: z.boolean(),
  failure: z.string().nullable(),
  providerCode: z.string().nullable(),
  providerStatus: z.int().nullable(),
  failureMessage: z.string().nullable(),
  routeKey: z.string().nullable(),
  replayOf: z.uuid().nullable(),
  nextAttemptAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  settledAt: z.iso.datetime().nullable(),
};

export class OperationSummary extends createZodDto(z.object(summary)) {}

export class OperationDetail extends createZodDto(
  z.object({ ...summary, output: z.unknown().nullable(), attempts: z.array(OperationAttempt.schema) }),
) {}

export class OperationPage extends createZodDto(
  z.object({ items: z.array(z.object(summary)), next: z.string().nullable() }),
) {}

export class RetriedOperation extends createZodDto(
  z.object({
    kind: z.enum(['due', 'replayed']).meta({ description: 'The same operation is due now, or a new one was made.' }),
    operationId: z.uuid(),
  }),
) {}
