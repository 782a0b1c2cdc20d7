import { ALERT_WINDOW, alertLimits, type AnyProvider, DEFAULT_ALERTS, documentPath } from '@puente/integrations';
import { stringify } from 'yaml';
import { STALLED_AFTER_S } from '../../apps/api/src/health/queue.health';
import { SHORT_DAYS } from '../../libs/ledger/src/retention/attempt-partitions';

export const RULES_FILE = 'docs/prometheus/puente.rules.yml';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  /** How long it must be so before anyone is told. */
  readonly for?: string;
  /** How long it must not be so before it is over. */
  readonly keep_firing_for?: string;
  readonly labels: Readonly<Record<string, string>> & { readonly severity: 'critical' | 'warning' | 'info' };
  /** English, for operators; `document` is a path of this tree. */
  readonly annotations: Readonly<Record<string, string>>;
}

const HEAD = `# Written by \`npm run gen\`, from the numbers that the integration documents state under "Monitoreo".
#
# Prometheus 2.42 or newer. Scrape /metrics of every API and worker; all metrics carry the label \`service\`.
#
# The alerts about providers are those of GET /v1/integrations, over all tenants together.
#
# Not here, for want of a metric: readiness (probe /health/ready), and whether the audit chains are whole
# (GET /v1/audit/verify).
`;

/** Prometheus rules for the alerts of the directive (SYSTEMS S4.1, S1.6), and for work that stands still. */
export function alertRules(providers: readonly AnyProvider[]): string {
  const groups = [
    {
      name: 'puente-providers',
      rules: providers
        .filter(({ monitoring }) => !monitoring?.receivers)
        .flatMap((provider) => [slow(provider), failing(provider), runningOut(provider)]),
    },
    { name: 'puente-work', rules: [...WORK, ...lanes(providers)] },
    { name: 'puente-queues', rules: QUEUES },
    { name: 'puente-credentials', rules: CREDENTIALS },
  ];
  return `${HEAD}\n${stringify({ groups }, { lineWidth: 0 })}`;
}

const { minutes, leastCalls, cleanWindows, percentile } = ALERT_WINDOW;
const WINDOW = `${String(minutes)}m`;
/** Two windows without it: a provider that comes and goes is one alert, not many. */
const UNTIL_CLEAN = `${String(minutes * cleanWindows)}m`;

function slow(provider: AnyProvider): Rule {
  const { latencyMs } = alertLimits(provider);
  const seconds = 'puente_provider_call_duration_seconds';
  const mine = `{provider="${provider.meta.id}"}`;
  return {
    alert: 'PuenteProviderSlow',
    expr: `histogram_quantile(${String(percentile / 100)}, sum by (provider, le) (rate(${seconds}_bucket${mine}[${WINDOW}]))) > ${String(latencyMs / 1_000)}
and on (provider) sum by (provider) (increase(${seconds}_count${mine}[${WINDOW}])) >= ${String(leastCalls)}`,
    keep_firing_for: UNTIL_CLEAN,
    labels: { severity: 'warning', provider: provider.meta.id },
    annotations: {
      summary: `${provider.meta.title} is slow: ${String(percentile)} % of the calls take up to {{ $value | humanizeDuration }}`,
      document: documentPath(provider),
    },
  };
}

/** What we did not call says nothing; what the provider refuses speaks of the request, and is an answer. */
const MADE = ',outcome!~"deferred|too_late"';

function failing(provider: AnyProvider): Rule {
  const { errorPercent } = alertLimits(provider);
  const calls = (more: string): string =>
    `sum by (provider) (increase(puente_provider_calls_total{provider="${provider.meta.id}"${more}}[${WINDOW}]))`;
  return {
    alert: 'PuenteProviderFailing',
    expr: `100 * ${calls(',outcome=~"not_sent|throttled|unknown"')} / ${calls(MADE)} > ${String(errorPercent)}
and on (provider) ${calls(MADE)} >= ${String(leastCalls)}`,
    keep_firing_for: UNTIL_CLEAN,
    labels: { severity: 'warning', provider: provider.meta.id },
    annotations: {
      summary: `${provider.meta.title} fails: {{ $value | printf "%.1f" }} % of the calls are not answered well`,
      document: documentPath(provider),
    },
  };
}

/** Of the tenant that uses most of its quota. */
function runningOut(provider: AnyProvider): Rule {
  const { limitUsedPercent } = alertLimits(provider);
  const mine = `{provider="${provider.meta.id}"}`;
  return {
    alert: 'PuenteProviderLimit',
    expr: `max by (provider) (max_over_time(puente_provider_limit_used_percent${mine}[${WINDOW}])) > ${String(limitUsedPercent)}
and on (provider) sum by (provider) (increase(puente_provider_calls_total${mine}[${WINDOW}])) >= ${String(leastCalls)}`,
    keep_firing_for: UNTIL_CLEAN,
    labels: { severity: 'warning', provider: provider.meta.id },
    annotations: {
      summary: `A quota of ${provider.meta.title} runs out: {{ $value | printf "%.0f" }} % of it were used`,
      document: documentPath(provider),
    },
  };
}

const README = 'README.md#operating-it';
const HTTP = 'puente_http_request_duration_seconds_count';

/** The default of SNAPSHOT_ALARM_MS: told within a minute, scrape and evaluation included. */
const OLD_SNAPSHOT_S = 30;

/** A run a day; three missed ones are no accident. */
const RETENTION_LATE_S = 3 * 86_400;

const WORK: readonly Rule[] = [
  ...(['api', 'worker'] as const).map((service): Rule => ({
    alert: `PuenteNo${service === 'api' ? 'Api' : 'Worker'}`,
    expr: `absent(process_start_time_seconds{service="${service}"})`,
    for: '2m',
    labels: { severity: 'critical', service },
    annotations: {
      summary:
        service === 'api' ? 'No API answers: nothing is accepted' : 'No worker answers: accepted work does not move',
      document: README,
    },
  })),
  {
    alert: 'PuenteWorkStalled',
    expr: `max(puente_operations_oldest_seconds{state="queued"}) > ${String(STALLED_AFTER_S)}`,
    for: '1m',
    labels: { severity: 'critical' },
    annotations: {
      summary: 'The oldest operation has been due for {{ $value | humanizeDuration }} and nobody has begun it',
      document: README,
    },
  },
  {
    alert: 'PuenteNeedsReview',
    expr: 'max(puente_operations{state="needs_review"}) > 0',
    for: '15m',
    labels: { severity: 'warning' },
    annotations: {
      summary: '{{ $value }} operation(s) wait for a person: GET /v1/operations?state=needs_review',
      document: README,
    },
  },
  {
    alert: 'PuenteWorkersLost',
    expr: 'sum(increase(puente_operations_swept_total[15m])) > 0',
    labels: { severity: 'warning' },
    annotations: {
      summary: 'Workers stopped in the middle of {{ $value | printf "%.0f" }} operation(s), which others took over',
      document: README,
    },
  },
  {
    alert: 'PuenteSettlementsFail',
    expr: `sum(increase(puente_settlement_failures_total[${WINDOW}])) > 0`,
    for: `${String(minutes * 2)}m`,
    labels: { severity: 'warning' },
    annotations: {
      summary: 'What follows from finished operations fails and is tried again: see the log of the worker',
      document: README,
    },
  },
  {
    alert: 'PuenteOldSnapshot',
    expr: `max(puente_database_oldest_snapshot_seconds) > ${String(OLD_SNAPSHOT_S)}`,
    labels: { severity: 'warning' },
    annotations: {
      summary:
        'A transaction has been open for {{ $value | humanizeDuration }}: dead rows pile up until it ends; the log of the worker names it',
      document: README,
    },
  },
  {
    alert: 'PuenteAttemptPartitionsShort',
    expr: `min(puente_attempt_partitions_ahead_days) < ${String(SHORT_DAYS)}`,
    for: '1h',
    labels: { severity: 'warning' },
    annotations: {
      summary:
        'The tries of operations have partitions for {{ $value | printf "%.0f" }} more days: see the log of the worker',
      document: README,
    },
  },
  {
    alert: 'PuenteRetentionStopped',
    expr: `time() - max(puente_retention_last_run_timestamp_seconds) > ${String(RETENTION_LATE_S)}`,
    for: '1h',
    labels: { severity: 'warning' },
    annotations: {
      summary: 'Old rows have not been removed for {{ $value | humanizeDuration }}: see the log of the worker',
      document: README,
    },
  },
  {
    alert: 'PuenteApiFailing',
    expr: `100 * sum(increase(${HTTP}{service="api",status=~"5.."}[${WINDOW}])) / sum(increase(${HTTP}{service="api"}[${WINDOW}])) > ${String(DEFAULT_ALERTS.errorPercent)}
and sum(increase(${HTTP}{service="api"}[${WINDOW}])) >= ${String(leastCalls)}`,
    keep_firing_for: UNTIL_CLEAN,
    labels: { severity: 'critical' },
    annotations: {
      summary: '{{ $value | printf "%.1f" }} % of the requests to the API are answered with an error of ours',
      document: README,
    },
  },
];

/** A queue that is emptied at all is emptied in seconds; these leave room for a restart. */
const OLD_S = 300;
const DEEP = 1_000;

const QUEUES: readonly Rule[] = [
  {
    alert: 'PuenteQueueOld',
    expr: `max by (queue) (puente_queue_oldest_message_age_seconds) > ${String(OLD_S)}`,
    for: '5m',
    labels: { severity: 'warning' },
    annotations: {
      summary: 'Messages of {{ $labels.queue }} wait for {{ $value | humanizeDuration }}',
      document: 'docs/02-integraciones/INT-001-sqs.md',
    },
  },
  {
    alert: 'PuenteQueueDeep',
    expr: `max by (queue) (puente_queue_depth) > ${String(DEEP)}`,
    for: '15m',
    labels: { severity: 'warning' },
    annotations: {
      summary: '{{ $value }} messages wait in {{ $labels.queue }}',
      document: 'docs/02-integraciones/INT-001-sqs.md',
    },
  },
  {
    alert: 'PuenteDeadLetters',
    expr: 'max by (queue) (puente_queue_dead_letters) > 0',
    labels: { severity: 'warning' },
    annotations: {
      summary: '{{ $value }} message(s) of {{ $labels.queue }} are in its dead-letter queue',
      document: README,
    },
  },
];

const CREDENTIALS: readonly Rule[] = [
  {
    alert: 'PuenteCredentialsDue',
    expr: 'max(puente_credentials_due{state="due"}) > 0',
    labels: { severity: 'info' },
    annotations: { summary: '{{ $value }} credential(s) should be rotated within 14 days', document: README },
  },
  {
    alert: 'PuenteCredentialsOverdue',
    expr: 'max(puente_credentials_due{state="overdue"}) > 0',
    labels: { severity: 'warning' },
    annotations: { summary: '{{ $value }} credential(s) are older than they should be: rotate them', document: README },
  },
];

/** Not those of receivers: a customer's server that is down, or switched off, is nobody's work here. */
function lanes(providers: readonly AnyProvider[]): readonly Rule[] {
  const receivers = providers.filter(({ monitoring }) => monitoring?.receivers).map(({ meta }) => meta.id);
  const others = receivers.length === 0 ? '' : `{provider!~"${receivers.join('|')}"}`;
  return [
    {
      alert: 'PuenteLanesPaused',
      expr: `max by (provider) (puente_lanes_paused${others}) > 0`,
      for: '5m',
      labels: { severity: 'warning' },
      annotations: {
        summary: '{{ $value }} lane(s) of {{ $labels.provider }} wait until somebody mends credentials or resumes them',
        document: README,
      },
    },
    {
      alert: 'PuenteLanesOpen',
      expr: `max by (provider) (puente_lanes_open${others}) > 0`,
      for: '5m',
      labels: { severity: 'warning' },
      annotations: {
        summary: '{{ $labels.provider }} does not answer or fails: the circuit of {{ $value }} lane(s) is open',
        document: README,
      },
    },
  ];
}
