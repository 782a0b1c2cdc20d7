import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { instant } from '../http/instant';
import { filterText, limit, seqCursor } from '../http/page';

export class AuditQuery extends createZodDto(
  z.strictObject({
    cursor: seqCursor,
    limit,
    action: filterText(80).optional(),
    actor: filterText(120).optional(),
    since: instant.optional(),
    until: instant.optional(),
  }),
) {}

export class AuditPage extends createZodDto(
  z.object({
    items: z.array(
      z.object({
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
      }),
    ),
    next: z.string().nullable(),
  }),
) {}

export class AuditVerification extends createZodDto(
  z.object({
    ok: z.boolean(),
    checked: z.int(),
    firstBadSeq: z.string().nullable().meta({ description: 'The first entry that does not fit the chain.' }),
  }),
) {}
