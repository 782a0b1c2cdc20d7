import { parse } from 'yaml';

export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly document: string };
}

/** A metric as an expression asks for it. */
export interface Selector {
  readonly metric: string;
  /** Labels it is selected by. */
  readonly labels: readonly string[];
}

export function rulesOf(text: string): Rule[] {
  return (parse(text) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
}

const METRIC = /\b((?:puente|process)_[a-z_]+)(?:\{([^}]*)\})?/g;

/** Every metric of an expression. Ours begin with `puente_`, those of the process itself with `process_`. */
export function selectorsOf(expr: string): Selector[] {
  return [...expr.matchAll(METRIC)].map(([, metric = '', matchers = '']) => ({
    metric,
    labels: [...matchers.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label),
  }));
}

/** The words of an expression that are neither metrics nor labels nor durations. */
export function wordsOf(expr: string): string[] {
  const rest = expr
    .replace(METRIC, ' ')
    .replace(/\[\w+\]/g, ' ')
    .replace(/\b(?:by|on) \([^)]*\)/g, (list) => list.slice(0, 2));
  return rest.match(/[A-Za-z_]\w*/g) ?? [];
}
