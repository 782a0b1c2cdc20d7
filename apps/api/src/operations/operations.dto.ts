import { OPERATION_STATES } from '@puente/ledger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { instant, since, until } from '../http/instant';
import { filterText, limit, someOf } from '../http/page';

export class OperationParams extends createZodDto(
  z.strictObject({ id: z.uuid().toLowerCase().meta({ description: 'Id of the operation.' }) }),
) {}

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
    provider: filterText(50).optional().meta({ description: 'Only operations of this provider.' }),
    operation: filterText(64).optional().meta({ description: 'Only operations of this name.' }),
    integration: filterText(50).optional().meta({ description: 'Only operations of this account with the provider.' }),
    state: someOf(OPERATION_STATES)
      .optional()
      .meta({
        description: 'Only operations in these states, with commas between them.',
        examples: ['needs_review', 'queued,running,unknown'],
      }),
    routeKey: filterText(400)
      .optional()
      .meta({ description: '`{route}:{key}`: the operation behind an Idempotency-Key.' }),
    since,
    until,
    settledSince: instant.optional().meta({
      description:
        'Only operations that were settled from then on, in the order of their settlement: for following what becomes of them. ' +
        'Begin a minute before the last one you have, and skip those you know by their id.',
    }),
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

const attemptExample = {
  number: 1,
  mode: 'call',
  startedAt: '2026-11-23T12:00:00.120Z',
  durationMs: 184,
  outcome: 'ok',
  providerCode: null,
  providerStatus: null,
  excerpt: null,
  repeat: false,
  applied: true,
};

export class OperationAttempt extends createZodDto(
  z
    .object({
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
    })
    .meta({ examples: [attemptExample] }),
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
  payloadExpiredAt: z.iso
    .datetime()
    .nullable()
    .meta({ description: 'When retention took its input and output; it cannot be retried any more.' }),
  nextAttemptAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  settledAt: z.iso.datetime().nullable(),
};

const example = {
  id: '0190f6d2-7c1e-7a55-9a0e-3f6f5f0d7a11',
  provider: 'sns',
  operation: 'publish',
  integration: 'default',
  effect: 'once',
  state: 'succeeded' as const,
  attempt: 1,
  repeats: 0,
  maybeSent: true,
  failure: null,
  providerCode: null,
  providerStatus: null,
  failureMessage: null,
  routeKey: 'POST /v1/integrations/sns/operations/publish:order-42',
  replayOf: null,
  payloadExpiredAt: null,
  nextAttemptAt: null,
  createdAt: '2026-11-23T12:00:00.000Z',
  settledAt: '2026-11-23T12:00:00.310Z',
};

const view = z.object(summary).meta({ examples: [example] });

export class OperationSummary extends createZodDto(view) {}

export class OperationDetail extends createZodDto(
  z.object({ ...summary, output: z.unknown(), attempts: z.array(OperationAttempt.schema) }).meta({
    examples: [
      { ...example, output: { messageId: 'b9d9c8a2-6f41-5d0e-9a63-94dbd24ffb11' }, attempts: [attemptExample] },
    ],
  }),
) {}

export class OperationPage extends createZodDto(z.object({ items: z.array(view), next: z.string().nullable() })) {}

export class RetriedOperation extends createZodDto(
  z
    .object({
      kind: z.enum(['due', 'replayed']).meta({ description: 'The same operation is due now, or a new one was made.' }),
      operationId: z.uuid(),
    })
    .meta({ examples: [{ kind: 'due', operationId: example.id }] }),
) {}
