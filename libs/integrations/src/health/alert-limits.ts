import type { ProviderDefinition } from '../provider';

/** Alerts where a provider declares none of its own: the directive's (SYSTEMS S4.1). Each is the last value that is still good. */
export const DEFAULT_ALERTS = { latencyMs: 2_000, errorPercent: 5, limitUsedPercent: 80 } as const;

/** Over what an alert is computed, from how many calls on, and after how many windows without it is over. */
export const ALERT_WINDOW = { minutes: 5, leastCalls: 20, cleanWindows: 2, percentile: 95 } as const;

export interface AlertLimits {
  readonly latencyMs: number;
  readonly errorPercent: number;
  readonly limitUsedPercent: number;
}

export function alertLimits({ monitoring }: Pick<ProviderDefinition, 'monitoring'>): AlertLimits {
  return { ...DEFAULT_ALERTS, ...monitoring };
}
