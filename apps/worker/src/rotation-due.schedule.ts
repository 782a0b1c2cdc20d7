import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Metrics } from '@puente/observability';
import { IntegrationViews, Tenants } from '@puente/tenancy';

const EVERY_MS = 6 * 3_600_000;
const TENANTS_PER_PAGE = 100;

/** Says which credentials should be rotated (S4.3): one log line each, from 14 days before they are due, and a gauge. */
@Injectable()
export class RotationDueSchedule implements OnApplicationBootstrap {
  private readonly log = new Logger(RotationDueSchedule.name);
  private readonly gauge;

  constructor(
    private readonly tenants: Tenants,
    private readonly views: IntegrationViews,
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
      await this.count();
    } catch (error) {
      this.log.error({ event: 'credentials.due_unknown', err: error }, 'Could not look for credentials to rotate');
    }
  }

  private async count(): Promise<void> {
    const counts = { due: 0, overdue: 0 };
    let cursor: string | undefined;
    do {
      const page = await this.tenants.list(cursor, TENANTS_PER_PAGE);
      const active = page.items.filter(({ status }) => status === 'active');
      for (const { id } of active) await this.countTenant(id, counts);
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    for (const [state, number] of Object.entries(counts)) this.gauge.set({ state }, number);
  }

  private async countTenant(tenantId: string, counts: { due: number; overdue: number }): Promise<void> {
    for (const { provider, name, state, dueAt } of await this.views.rotationDue(tenantId)) {
      if (state !== 'due' && state !== 'overdue') continue;
      counts[state] += 1;
      this.log.warn(
        { event: 'credentials.due', tenantId, provider, integration: name, state, dueAt },
        `The credentials for ${provider} (${name}) are ${state}: rotate them`,
      );
    }
  }
}
