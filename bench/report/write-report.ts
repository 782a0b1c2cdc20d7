import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BenchResult } from '../harness/context';
import { median, type Verdict } from '../harness/figures';
import type { Machine } from '../harness/machine';
import { type Panel, plot } from './plot';

/** What a run prints. */
export interface Measured {
  readonly machine: Machine;
  readonly started: { readonly at: string; readonly load: readonly number[] };
  readonly ended: { readonly at: string; readonly load: readonly number[] };
  readonly options: { readonly rounds: number; readonly seconds: number };
  readonly results: Readonly<Record<string, BenchResult>>;
}

const docs = path.resolve(__dirname, '../../docs');
const [BEGIN, END] = ['<!-- measured -->', '<!-- /measured -->'] as const;

/** Puts the figures of a run into docs/performance.md, between its two marks, and the plot beside it. */
export function writeReport(measured: Measured): void {
  const file = path.join(docs, 'performance.md');
  const text = readFileSync(file, 'utf8');
  const [before] = text.split(BEGIN);
  const after = text.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${file} has lost its marks`);
  writeFileSync(file, `${before}${BEGIN}\n\n${tables(measured)}\n${END}${after}`);
  writeFileSync(path.join(docs, 'performance.svg'), plotOf(measured));
}

function tables({ machine, started, ended, options, results }: Measured): string {
  const settings = Object.entries(machine.postgres).map(([name, value]) => `${name} ${value}`);
  const on = [
    `${String(machine.cpus)} × ${machine.cpu}, ${String(machine.memoryGb)} GB, Node ${machine.node}, PostgreSQL ${settings.join(', ')}`,
    `${String(options.rounds)} rounds of ${String(options.seconds)} s, medians; ${started.at} to ${ended.at}`,
    `load average before ${started.load.join(' ')}, after ${ended.load.join(' ')}`,
  ];
  const rows = Object.entries(results).flatMap(([name, { verdicts }]) =>
    verdicts.map((verdict) => [
      name,
      verdict.goal,
      bound(verdict),
      String(verdict.measured),
      verdict.met ? 'yes' : 'no',
    ]),
  );
  return [
    ...on.map((line) => `- ${line}`),
    '',
    table(['bench', 'goal', 'bound', 'measured', 'reached'], rows),
    '',
    ...accepted(results['accept']),
    ...delivered(results['deliver']),
    ...hooked(results['webhooks']),
    '![Throughput and latency per system](performance.svg)',
    '',
  ].join('\n');
}

interface Hooked extends BenchResult {
  readonly lost: Readonly<Record<string, number>>;
  readonly doubled: Readonly<Record<string, number>>;
  readonly rates: Readonly<Record<string, number>>;
  readonly p99Ms: Readonly<Record<string, number>>;
}

function hooked(result: BenchResult | undefined): string[] {
  if (!result) return [];
  const { lost, doubled, rates, p99Ms } = result as Hooked;
  const rows = Object.keys(rates).map((name) => [
    name,
    ...[lost, doubled, rates, p99Ms].map((figures) => String(figures[name])),
  ]);
  return [table(['signed webhooks', 'lost', 'doubled', 'deliveries/s', 'publish → receipt p99, ms'], rows), ''];
}

function bound({ atLeast, atMost }: Verdict): string {
  return atLeast === undefined ? `≤ ${String(atMost)}` : `≥ ${String(atLeast)}`;
}

interface Accepted extends BenchResult {
  readonly acceptPerSecond: number;
  readonly rawInsertsPerSecond: number;
  readonly emptyRoutePerSecond: number;
  readonly cpuMicros: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

function accepted(result: BenchResult | undefined): string[] {
  if (!result) return [];
  const { acceptPerSecond, rawInsertsPerSecond, emptyRoutePerSecond, cpuMicros } = result as Accepted;
  const cpu = (name: string): string =>
    Object.entries(cpuMicros[name] ?? {})
      .map(([who, micros]) => `${who} ${String(micros)}`)
      .join(', ');
  const rows = [
    ['durable accept over HTTP', String(acceptPerSecond), cpu('accept')],
    ['raw single-row inserts', String(rawInsertsPerSecond), cpu('rawInserts')],
    ['a route that does nothing', String(emptyRoutePerSecond), ''],
  ];
  return [table(['what', 'per second', 'CPU µs each'], rows), ''];
}

interface Delivered extends BenchResult {
  readonly rates: Readonly<
    Record<string, { readonly immediate: number; readonly slow: number; readonly ofOurs: number }>
  >;
}

function delivered(result: BenchResult | undefined): string[] {
  if (!result) return [];
  const rows = Object.entries((result as Delivered).rates).map(([name, { immediate, slow, ofOurs }]) => [
    name,
    ...[immediate, slow, ofOurs].map(String),
  ]);
  return [table(['delivers', 'per second, immediate sink', '20 ms sink', 'ours ÷ this, immediate'], rows), ''];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

interface Timed extends BenchResult {
  readonly runs: Readonly<Record<string, readonly { readonly p99Ms: number }[]>>;
}

function plotOf({ machine, ended, results }: Measured): string {
  const panels: Panel[] = [];
  if (results['accept']) {
    const { acceptPerSecond, rawInsertsPerSecond } = results['accept'] as Accepted;
    const bars = [
      { name: 'Puente, over HTTP', value: acceptPerSecond, ours: true },
      { name: 'raw single-row inserts', value: rawInsertsPerSecond },
    ];
    panels.push({ title: 'Durable accepts', unit: 'per second', bars });
  }
  if (results['deliver']) {
    const { rates } = results['deliver'] as Delivered;
    for (const sink of ['immediate', 'slow'] as const) {
      const bars = Object.entries(rates).map(([name, rate]) => ({
        ...{ name: name === 'puente' ? 'Puente' : name, value: rate[sink], ours: name === 'puente' },
      }));
      const title = sink === 'immediate' ? 'Deliveries, immediate sink' : 'Deliveries, 20 ms sink';
      panels.push({ title, unit: 'per second, concurrency 50', bars });
    }
  }
  for (const [name, title] of [
    ['latency', 'Synchronous call, 200/s, provider 20 ms'],
    ['wake', 'Accept to provider, idle'],
  ] as const) {
    if (!results[name]) continue;
    const bars = Object.entries((results[name] as Timed).runs).map(([path, runs]) => ({
      ...{ name: path, value: median(runs.map(({ p99Ms }) => p99Ms)), ours: path !== 'direct' },
    }));
    panels.push({ title, unit: 'p99 in ms', bars });
  }
  return plot(`${String(machine.cpus)} × ${machine.cpu}, Node ${machine.node}, ${ended.at.slice(0, 10)}`, panels);
}
