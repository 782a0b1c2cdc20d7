import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Metrics } from '@puente/observability';
import { type DueRotation, OperatorEvents, ROTATION_STATES, Rotations, targetOf } from '@puente/tenancy';

const EVERY_MS = 3_600_000;
const PAGE = 100;

/**
 * Says which credentials should be rotated (S4.3): an event for operators 14 days before they are due and another when
 * they are overdue, once per due date however many workers look, and a gauge of how many there are.
 */
@Injectable()
export class RotationDueSchedule implements OnApplicationBootstrap {
  private readonly log = new Logger(RotationDueSchedule.name);
  private readonly gauge;

  constructor(
    private readonly rotations: Rotations,
    private readonly events: OperatorEvents,
    metrics: Metrics,
  ) {
    this.gauge = metrics.gauge({
      name: 'puente_credentials_due',
      help: 'Credentials that should be rotated within 14 days (due) or should have been (overdue)',
      labelNames: ['state'],
    });
  }

  onApplicationBootstrap(): void {
    void this.look();
  }

  @Interval(EVERY_MS)
  async look(): Promise<void> {
    try {
      await this.tellAll();
    } catch (error) {
      this.log.error({ event: 'credentials.due_unknown', err: error }, 'Could not look for credentials to rotate');
    }
  }

  private async tellAll(): Promise<void> {
    const counts = { due: 0, overdue: 0 };
    let cursor: string | undefined;
    do {
      const page = await this.rotations.due(undefined, cursor, PAGE);
      for (const rotation of page.items) {
        counts[rotation.state] += 1;
        await this.tell(rotation);
      }
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    for (const state of ROTATION_STATES) this.gauge.set({ state }, counts[state]);
  }

  private tell({ tenantId, integrationId, provider, name, state, dueAt }: DueRotation): Promise<void> {
    return this.events.publish({
      tenantId,
      type: `credentials.${state}`,
      subject: targetOf({ provider, name }),
      data: { provider, integration: name, dueAt: dueAt.toISOString() },
      occasion: `${integrationId}/${dueAt.toISOString()}`,
    });
  }
}
