import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { catalog } from '@puente/providers';
import { parse } from 'yaml';
import { alertRules, RULES_FILE } from '../../scripts/gen/alert-rules';
import { type Rule, rulesOf, selectorsOf, wordsOf } from '../support/prometheus-rules';

const root = path.resolve(__dirname, '../..');
const rules = rulesOf(readFileSync(path.join(root, RULES_FILE), 'utf8'));

/** All that an expression may be made of beside metrics and labels. */
const LANGUAGE = [
  ...[
    'absent',
    'and',
    'by',
    'histogram_quantile',
    'increase',
    'max',
    'max_over_time',
    'min',
    'on',
    'rate',
    'sum',
    'time',
  ],
];

describe('the alert rules', () => {
  it('are several groups of rules that no two are the same of', () => {
    const { groups } = parse(readFileSync(path.join(root, RULES_FILE), 'utf8')) as { groups: { name: string }[] };
    const names = groups.map(({ name }) => name);
    const identities = rules.map(({ alert, labels }) => JSON.stringify([alert, labels]));

    expect(new Set(names).size).toBe(names.length);
    expect(new Set(identities).size).toBe(rules.length);
  });

  it.each(rules.map((rule) => [`${rule.alert} ${rule.labels['provider'] ?? ''}`, rule] as const))(
    '%s is well formed',
    (_, rule) => {
      expect(rule.alert).toMatch(/^Puente[A-Z][A-Za-z]+$/);
      expect(['critical', 'warning', 'info']).toContain(rule.labels['severity']);
      for (const duration of [rule.for, rule.keep_firing_for]) expect(duration ?? '1m').toMatch(/^\d+[smh]$/);
      expect(unbalanced(rule)).toEqual([]);
      expect(wordsOf(rule.expr).filter((word) => !LANGUAGE.includes(word))).toEqual([]);
      expect(selectorsOf(rule.expr).length).toBeGreaterThan(0);
      expect(rule.annotations.summary).toMatch(/^\S.{10,}/);
      expect(existsSync(path.join(root, rule.annotations.document.replace(/#.*/, '')))).toBe(true);
    },
  );

  it('have the limits of each provider’s document', () => {
    const [sqs] = catalog;
    if (!sqs) throw new TypeError('there is no provider');
    const own = rulesOf(
      alertRules([{ ...sqs, monitoring: { latencyMs: 3_500, errorPercent: 1, limitUsedPercent: 60 } }]),
    );
    const limit = (given: readonly Rule[], name: string): string | undefined =>
      / > ([\d.]+)$/m.exec(given.find(({ alert }) => alert === name)?.expr ?? '')?.[1];

    const names = ['PuenteProviderSlow', 'PuenteProviderFailing', 'PuenteProviderLimit'];
    expect(names.map((name) => limit(rules, name))).toEqual(['2', '5', '80']);
    expect(names.map((name) => limit(own, name))).toEqual(['3.5', '1', '60']);
    for (const { meta, monitoring } of catalog) {
      const mine = rules.filter(({ labels }) => labels['provider'] === meta.id).map(({ alert }) => alert);
      expect(mine).toEqual(monitoring?.receivers ? [] : names);
    }
  });
});

/** Brackets that open or close nothing, in expression and summary. */
function unbalanced({ expr, annotations }: Rule): string[] {
  const open: string[] = [];
  const closes: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
  const lost: string[] = [];
  for (const sign of (expr + annotations.summary).replace(/"[^"]*"/g, '').match(/[()[\]{}]/g) ?? []) {
    if (!(sign in closes)) open.push(sign);
    else if (open.pop() !== closes[sign]) lost.push(sign);
  }
  return [...open, ...lost];
}
