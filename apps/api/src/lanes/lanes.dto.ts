import { LANE_STATES } from '@puente/ledger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';

const CAPPED = {
  provider: 'sns',
  laneKey: 'default',
  state: 'closed',
  failures: 0,
  maxInFlight: 5,
  openUntil: null,
  pausedBy: null,
  pausedAt: null,
  reason: null,
  updatedAt: '2026-11-23T12:00:00.000Z',
};

const lane = z
  .object({
    provider: z.string(),
    laneKey: z.string().meta({ description: 'Begins with the name of the account.' }),
    state: z.enum(LANE_STATES).meta({
      description:
        'What it lets through. `paused`: nothing, until somebody resumes it or the credentials work again. `parked`: nothing until `openUntil`, as the provider wished. `open`: nothing until then, because calls kept failing. `half_open`: one call, as a question. `closed`: everything, though calls have failed lately.',
    }),
    failures: z.int().meta({ description: 'In a row, of the kind that speaks of the provider.' }),
    maxInFlight: z.int().nullable().meta({
      description:
        'Calls at once over all processes, if somebody set it. Null: what the provider’s document declares, or any.',
    }),
    openUntil: z.iso.datetime().nullable(),
    pausedBy: z.string().nullable(),
    pausedAt: z.iso.datetime().nullable(),
    reason: z.string().nullable(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Lane', examples: [CAPPED] });

export class Lane extends createZodDto(lane) {}

export class CapLane extends createZodDto(
  z
    .strictObject({
      laneKey: z.string().min(1).max(300).meta({ description: 'Begins with the name of the account.' }),
      maxInFlight: z.int().min(1).max(10_000).nullable().meta({
        description: 'Calls at once, over all processes. Null: what the provider declares.',
      }),
    })
    .meta({ examples: [{ laneKey: 'default', maxInFlight: 5 }] }),
) {}

export class LaneList extends createZodDto(
  z.object({ items: z.array(lane) }).meta({
    examples: [
      {
        items: [
          {
            provider: 'sns',
            laneKey: 'default',
            state: 'open',
            failures: 10,
            maxInFlight: null,
            openUntil: '2026-11-23T12:00:30.000Z',
            pausedBy: null,
            pausedAt: null,
            reason: null,
            updatedAt: '2026-11-23T12:00:00.000Z',
          },
        ],
      },
    ],
  }),
) {}

export class ResumeLanes extends createZodDto(
  z
    .strictObject({
      laneKey: z.string().min(1).max(300).optional().meta({ description: 'One lane; left out, all of the account.' }),
    })
    .meta({ examples: [{ laneKey: 'default' }] }),
) {}
