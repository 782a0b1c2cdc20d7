import { Injectable } from '@nestjs/common';
import { type HealthView, HealthViews } from '@puente/integrations';
import { type IntegrationRef, type IntegrationView, IntegrationViews, type RotationState } from '@puente/tenancy';

export type IntegrationWithHealth = IntegrationView & { readonly health: HealthView };

/** A tenant's accounts as people see them: what is stored of each, and how its provider answers. */
@Injectable()
export class IntegrationDesk {
  constructor(
    private readonly views: IntegrationViews,
    private readonly health: HealthViews,
  ) {}

  /** @throws {IntegrationNotFoundError} */
  async get(ref: IntegrationRef): Promise<IntegrationWithHealth> {
    const view = await this.views.get(ref);
    const healthOf = await this.health.of(ref.tenantId);
    return { ...view, health: healthOf(view.provider, view.name) };
  }

  /** @param due only those in use whose secrets should be exchanged soon, or should have been */
  async list(tenantId: string, due?: readonly RotationState[]): Promise<IntegrationWithHealth[]> {
    const views = await this.views.list(tenantId, due);
    const healthOf = await this.health.of(tenantId);
    return views.map((view) => ({ ...view, health: healthOf(view.provider, view.name) }));
  }
}
