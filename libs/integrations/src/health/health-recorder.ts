import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import type { ProviderCall } from '@puente/kernel';
import { Metrics } from '@puente/observability';
import { QuotaLeases } from '@puente/resilience';
import type { Gauge } from 'prom-client';
import { ProviderCatalogue } from '../provider-catalogue';
import { alertLimits } from './alert-limits';
import { countDuration, emptyDurations } from './durations';
import { HealthLog } from './health-log';
import { type AccountCounts, HealthStore } from './health-store';

/** How often the counts of a process are written: one statement, however many calls and accounts. */
export const FLUSH_EVERY_MS = 5_000;
/** The metric shows the highest use of the last minute, so that a scrape does not miss the peak of a second. */
const SHOWN_FLUSHES = 60_000 / FLUSH_EVERY_MS;

type Owner = Pick<AccountCounts, 'tenantId' | 'provider' | 'integration'>;
type Counting = { -readonly [Field in keyof AccountCounts]: AccountCounts[Field] } & { durations: number[] };

/** What this process has seen of each account's provider since the last flush. */
@Injectable()
export class HealthRecorder implements OnModuleInit, BeforeApplicationShutdown {
  private counts = new Map<string, Counting>();
  private readonly used: Gauge<'provider'>;
  private readonly recentUse: ReadonlyMap<string, number>[] = [];
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> | undefined;
  private isTold = false;

  constructor(
    private readonly store: HealthStore,
    private readonly catalogue: ProviderCatalogue,
    private readonly leases: QuotaLeases,
    private readonly log: HealthLog,
    metrics: Metrics,
  ) {
    this.used = metrics.gauge({
      name: 'puente_provider_limit_used_percent',
      help: 'Highest used part of any quota of a provider in the last minute, in per cent.',
      labelNames: ['provider'],
    });
  }

  onModuleInit(): void {
    for (const { meta } of this.catalogue.providers) this.used.set({ provider: meta.id }, 0);
  }

  called(call: ProviderCall, failed: boolean, tookMs: number): void {
    if (this.isOfReceivers(call.provider)) return;
    const counts = this.countsOf(call);
    counts.calls += 1;
    if (failed) counts.failures += 1;
    if (tookMs > alertLimits(this.catalogue.get(call.provider)).latencyMs) counts.slow += 1;
    countDuration(counts.durations, tookMs);
    // Not a reason for the process to live: what is left is written when it ends.
    this.timer ??= setInterval(() => void this.flush(), FLUSH_EVERY_MS).unref();
  }

  /** Public, so that a test need not wait for it. */
  flush(): Promise<void> {
    this.flushing ??= this.write().finally(() => (this.flushing = undefined));
    return this.flushing;
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.flushing;
    await this.flush();
  }

  private async write(): Promise<void> {
    this.noteUse();
    const counts = this.counts;
    if (counts.size === 0) return;
    this.counts = new Map();
    try {
      await this.store.add([...counts.values()]);
      this.isTold = false;
    } catch (error) {
      for (const kept of counts.values()) this.keep(kept);
      if (!this.isTold) this.log.flushFailed(error);
      this.isTold = true;
    }
  }

  private noteUse(): void {
    const use = new Map<string, number>();
    for (const { usedPercent, ...owner } of this.leases.takeUse()) {
      if (this.isOfReceivers(owner.provider)) continue;
      const counts = this.countsOf(owner);
      counts.limitUsed = Math.max(counts.limitUsed ?? 0, usedPercent);
      use.set(owner.provider, Math.max(use.get(owner.provider) ?? 0, usedPercent));
    }
    this.recentUse.push(use);
    if (this.recentUse.length > SHOWN_FLUSHES) this.recentUse.shift();
    for (const { meta } of this.catalogue.providers) {
      this.used.set({ provider: meta.id }, Math.max(0, ...this.recentUse.map((each) => each.get(meta.id) ?? 0)));
    }
  }

  /** A receiver that fails, is slow, or gets as much as it wants is no alert; nor a row a minute for each of thousands. */
  private isOfReceivers(provider: string): boolean {
    return this.catalogue.find(provider)?.monitoring?.receivers === true;
  }

  private countsOf({ tenantId, provider, integration }: Owner): Counting {
    const key = `${provider} ${tenantId} ${integration}`;
    const known = this.counts.get(key);
    if (known) return known;
    const empty = { calls: 0, failures: 0, slow: 0, durations: emptyDurations(), limitUsed: null };
    const made = { tenantId, provider, integration, ...empty };
    this.counts.set(key, made);
    return made;
  }

  /** What could not be written goes with the next flush. */
  private keep(kept: Counting): void {
    const counts = this.countsOf(kept);
    counts.calls += kept.calls;
    counts.failures += kept.failures;
    counts.slow += kept.slow;
    for (const [at, count] of kept.durations.entries()) counts.durations[at] = (counts.durations[at] ?? 0) + count;
    if (kept.limitUsed !== null) counts.limitUsed = Math.max(counts.limitUsed ?? 0, kept.limitUsed);
  }
}
