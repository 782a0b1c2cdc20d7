import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { ProviderCatalogue } from '../provider-catalogue';
import { alertLimits } from './alert-limits';
import { type AccountHealth, HealthStore } from './health-store';
import { type AlertKind, assess, type WindowView } from './provider-health';

export interface HealthView {
  /** `idle`: no call in the window. */
  readonly state: 'ok' | 'alert' | 'idle';
  readonly window: WindowView;
  /** Of the quota that is used most; null when nothing is known of any. */
  readonly limitUsedPercent: number | null;
  readonly alerts: readonly {
    readonly kind: AlertKind;
    readonly since: Date;
    readonly value: number;
    readonly threshold: number;
  }[];
}

const IDLE: HealthView = {
  state: 'idle',
  window: { calls: 0, errorPercent: null, p95Ms: null },
  limitUsedPercent: null,
  alerts: [],
};

/** How the providers of a tenant's accounts answer, for people. */
@Injectable()
export class HealthViews {
  constructor(
    private readonly database: TenantDatabase,
    private readonly store: HealthStore,
    private readonly catalogue: ProviderCatalogue,
  ) {}

  /** @returns the view of any of the tenant's accounts, by provider and name */
  async of(tenantId: string): Promise<(provider: string, integration: string) => HealthView> {
    const accounts = await this.database.run(tenantId, (tx) => this.store.ofTenant(tx));
    const views = new Map(accounts.map((each) => [keyOf(each.provider, each.integration), this.viewOf(each)]));
    return (provider, integration) => views.get(keyOf(provider, integration)) ?? IDLE;
  }

  private viewOf({ provider, counts, alerts, now }: AccountHealth): HealthView {
    const definition = this.catalogue.find(provider);
    if (!definition) return IDLE;
    const { window, limitUsedPercent } = assess(counts, alertLimits(definition), now);
    return {
      state: alerts.length > 0 ? 'alert' : window.calls === 0 ? 'idle' : 'ok',
      window,
      limitUsedPercent,
      alerts: alerts.map(({ kind, since, value, threshold }) => ({ kind, since, value, threshold })),
    };
  }
}

function keyOf(provider: string, integration: string): string {
  return `${provider} ${integration}`;
}
