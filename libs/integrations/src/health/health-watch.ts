import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import type { Queryable } from '@puente/database';
import { Cancellation, Clock } from '@puente/kernel';
import { OperatorEvents, targetOf } from '@puente/tenancy';
import { ProviderCatalogue } from '../provider-catalogue';
import { ALERT_WINDOW, alertLimits } from './alert-limits';
import { HealthLog } from './health-log';
import { type AccountAlert, type AccountHealth, HealthStore } from './health-store';
import { assess, type Breach } from './provider-health';

const LOOK_EVERY_MS = 15_000;
/** Looks between two sweeps of what is too old. */
const SWEEP_EVERY = 40;

type AlertOf = Pick<AccountAlert, 'provider' | 'kind'>;

/**
 * Raises and ends the directive's alerts (SYSTEMS S4.1): an event for the tenant's operators, with its line, and a metric.
 * Every worker looks; the row in `provider_alerts` is made once and removed once, and who does it tells.
 */
@Injectable()
export class HealthWatch implements BeforeApplicationShutdown {
  private readonly stopping = new Cancellation();
  private running: Promise<void> | undefined;

  constructor(
    private readonly store: HealthStore,
    private readonly catalogue: ProviderCatalogue,
    private readonly events: OperatorEvents,
    private readonly clock: Clock,
    private readonly log: HealthLog,
  ) {}

  start(): void {
    this.running ??= this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** One look. Public, so that a test need not wait for it. */
  async look(): Promise<void> {
    const suspects = await this.store.suspects(this.least());
    const on: AlertOf[] = [];
    for (const account of suspects) on.push(...(await this.judge(account)));
    this.log.show(
      on,
      this.catalogue.providers.map(({ meta }) => meta.id),
    );
  }

  private async run(): Promise<void> {
    for (let looks = 0; !this.stopping.aborted; looks += 1) {
      try {
        await this.look();
        if (looks % SWEEP_EVERY === 0) await this.store.forget();
      } catch (error) {
        this.log.watchFailed(error);
      }
      await this.clock.sleep(LOOK_EVERY_MS, this.stopping);
    }
  }

  /** @returns the account's alerts that are on now */
  private async judge(account: AccountHealth): Promise<AlertOf[]> {
    const definition = this.catalogue.find(account.provider);
    // A provider that is no longer there has no limits, and its alerts are over.
    const assessment = definition && assess(account.counts, alertLimits(definition), account.now);
    const over = account.alerts.filter(({ kind }) => assessment?.recovered.includes(kind) ?? true);
    const breaches = assessment?.breaches ?? [];
    for (const breach of breaches) await this.told((tx) => this.raise(tx, account, breach));
    for (const alert of over) await this.told((tx) => this.clear(tx, alert));
    const kinds = new Set([
      ...breaches.map(({ kind }) => kind),
      ...account.alerts.filter((alert) => !over.includes(alert)).map(({ kind }) => kind),
    ]);
    return [...kinds].map((kind) => ({ provider: account.provider, kind }));
  }

  private async raise(tx: Queryable, account: AccountHealth, breach: Breach): Promise<() => void> {
    if (!(await this.store.raise(tx, account, breach))) return () => undefined;
    const { tenantId, provider, integration } = account;
    return this.events.record(tx, {
      tenantId,
      type: 'provider.alert_raised',
      subject: targetOf({ provider, name: integration }),
      data: { provider, integration, ...breach, windowMinutes: ALERT_WINDOW.minutes },
    });
  }

  private async clear(tx: Queryable, alert: AccountAlert): Promise<() => void> {
    const since = await this.store.clear(tx, alert, alert.kind);
    if (!since) return () => undefined;
    const { tenantId, provider, integration, kind } = alert;
    return this.events.record(tx, {
      tenantId,
      type: 'provider.alert_recovered',
      subject: targetOf({ provider, name: integration }),
      data: { provider, integration, kind, since: since.toISOString() },
    });
  }

  /** Told only once it is committed. */
  private async told(work: (tx: Queryable) => Promise<() => void>): Promise<void> {
    const tell = await this.store.transaction(work);
    tell();
  }

  private least() {
    const all = this.catalogue.providers.map(alertLimits);
    return {
      minutes: ALERT_WINDOW.minutes,
      calls: ALERT_WINDOW.leastCalls,
      percentile: ALERT_WINDOW.percentile,
      errorPercent: Math.min(...all.map(({ errorPercent }) => errorPercent)),
      limitUsedPercent: Math.min(...all.map(({ limitUsedPercent }) => limitUsedPercent)),
    };
  }
}
