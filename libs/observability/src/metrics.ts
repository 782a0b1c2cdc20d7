import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

interface MetricSpec<Label extends string> {
  /** `puente_<what>_<unit>`; counters end in `_total`. */
  readonly name: string;
  readonly help: string;
  /** Never a tenant, an id or a path: each value is a time series of its own. */
  readonly labelNames?: readonly Label[];
}

/**
 * The process's Prometheus metrics. Asking for a metric that exists gives that one, so that a class asks for what it
 * counts in its constructor and nobody keeps a list.
 */
export class Metrics {
  readonly registry = new Registry();

  /** @param service name every metric carries; left out, the process's own figures (memory, event loop) are not collected */
  constructor(service?: string) {
    if (service === undefined) return;
    this.registry.setDefaultLabels({ service });
    collectDefaultMetrics({ register: this.registry });
  }

  counter<Label extends string>(spec: MetricSpec<Label>): Counter<Label> {
    return this.getOrCreate(Counter, spec, () => new Counter({ ...this.options(spec) }));
  }

  gauge<Label extends string>(spec: MetricSpec<Label>): Gauge<Label> {
    return this.getOrCreate(Gauge, spec, () => new Gauge({ ...this.options(spec) }));
  }

  /** @param spec `buckets` in the metric's own unit, ascending */
  histogram<Label extends string>(spec: MetricSpec<Label> & { readonly buckets: readonly number[] }): Histogram<Label> {
    return this.getOrCreate(
      Histogram,
      spec,
      () => new Histogram({ ...this.options(spec), buckets: [...spec.buckets] }),
    );
  }

  private options<Label extends string>(spec: MetricSpec<Label>) {
    return { name: spec.name, help: spec.help, labelNames: [...(spec.labelNames ?? [])], registers: [this.registry] };
  }

  private getOrCreate<M>(
    kind: abstract new (...args: never[]) => M,
    spec: { readonly name: string },
    create: () => M,
  ): M {
    const known: unknown = this.registry.getSingleMetric(spec.name);
    if (known === undefined) return create();
    if (known instanceof kind) return known;
    throw new TypeError(`The metric ${spec.name} exists already and is not a ${kind.name}`);
  }
}

/** Seconds, from a local call to the longest try a policy allows. */
export const SECONDS_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20] as const;
