import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { since, until } from '../http/instant';
import { filterText, limit, seqCursor } from '../http/page';

export class AuditQuery extends createZodDto(
  z.strictObject({
    cursor: seqCursor,
    limit,
    action: filterText(80)
      .optional()
      .meta({ description: 'What was done.', examples: ['integration.rotated'] }),
    actor: filterText(120).optional().meta({ description: 'Who did it: `api-key:` and the id of the key.' }),
    outcome: z
      .enum(['done', 'denied', 'failed'])
      .optional()
      .meta({ description: 'How it ended; `denied`: what a key was refused.' }),
    since,
    until,
  }),
) {}

export class AuditPage extends createZodDto(
  z.object({
    items: z.array(
      z
        .object({
          seq: z.string(),
          at: z.iso.datetime(),
          actor: z.string(),
          action: z.string(),
          target: z.string(),
          outcome: z.enum(['done', 'denied', 'failed']),
          ip: z.string().nullable(),
          requestId: z.string().nullable(),
          detail: z.record(z.string(), z.unknown()),
          hash: z.string().meta({ description: 'SHA-256 over this entry and the hash before it, hex.' }),
        })
        .meta({
          examples: [
            {
              seq: '42',
              at: '2026-11-23T12:00:00.000Z',
              actor: 'api-key:0190f6d1-2222-7a55-9a0e-3f6f5f0d7a11',
              action: 'integration.rotated',
              target: 'sns/default',
              outcome: 'done',
              ip: '10.0.0.7',
              requestId: '7f1c5c1e9d2b4a3f8e6d5c4b3a291807',
              detail: { version: 4 },
              hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
            },
          ],
        }),
    ),
    next: z.string().nullable(),
  }),
) {}

export class AuditVerification extends createZodDto(
  z
    .object({
      ok: z.boolean(),
      checked: z.int(),
      firstBadSeq: z.string().nullable().meta({ description: 'The first entry that does not fit the chain.' }),
    })
    .meta({ examples: [{ ok: true, checked: 1_280, firstBadSeq: null }] }),
) {}
