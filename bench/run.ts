import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { closeClients } from '../test/support/sandbox-client';
import { accept } from './benches/accept';
import { backlog } from './benches/backlog';
import { deliver } from './benches/deliver';
import { deploy } from './benches/deploy';
import { fairness } from './benches/fairness';
import { latency } from './benches/latency';
import { memory } from './benches/memory';
import { pay } from './benches/pay';
import { wake } from './benches/wake';
import { webhooks } from './benches/webhooks';
import { BenchPostgres } from './harness/bench-postgres';
import { BenchProcess } from './harness/bench-process';
import type { Bench, BenchResult, Context } from './harness/context';
import { load, machine } from './harness/machine';
import { Product } from './harness/product';
import { installPeers } from './peers/peer';
import { writeReport } from './report/write-report';

const BENCHES: Readonly<Record<string, Bench>> = {
  ...{ accept, deliver, latency, wake, fairness, backlog, memory, deploy, webhooks, pay },
};

const USAGE = `npm run bench -- [${Object.keys(BENCHES).join('|')} …] [--rounds N] [--seconds N] [--scale 0.1] [--profiles FOLDER] [--write]`;

/**
 * Measures and prints JSON; progress goes to standard error. It asserts nothing: a figure means something only beside
 * another one of the same run, and those ratios are compared with the goals of docs/performance.md. `--write` puts the
 * figures there.
 */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '5' },
      scale: { type: 'string', default: '1' },
      profiles: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
  if (!names.every((name) => Object.hasOwn(BENCHES, name))) throw new Error(USAGE);
  installPeers(say);
  await Product.prepare();
  const options = {
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    scale: Number(values.scale),
    profiles: values.profiles,
  };
  const measured = await withContext(options, async (context) => {
    const started = { at: new Date().toISOString(), load: load() };
    const results: Record<string, BenchResult> = {};
    for (const name of names) {
      say(`— ${name}`);
      results[name] = await BENCHES[name]!(context);
    }
    const on = await machine(context.postgres.superuser);
    return { machine: on, started, ended: { at: new Date().toISOString(), load: load() }, options, results };
  });
  if (values.write) writeReport(measured);
  process.stdout.write(`${JSON.stringify(measured, undefined, 2)}\n`);
}

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly scale: number;
  readonly profiles: string | undefined;
}

async function withContext<T>(
  { rounds, seconds, scale, profiles }: Options,
  work: (context: Context) => Promise<T>,
): Promise<T> {
  const postgres = await BenchPostgres.start();
  const running: BenchProcess[] = [];
  const startProcess = async (name: string, env?: Readonly<Record<string, string>>): Promise<BenchProcess> => {
    const started = await BenchProcess.start(name, env);
    running.push(started);
    return started;
  };
  try {
    const [sink, loader] = [await startProcess('sink'), await startProcess('load')];
    if (profiles !== undefined) mkdirSync(profiles, { recursive: true });
    return await work({
      ...{ postgres, sink, sinkUrl: String(sink.facts['url']), load: loader, rounds, seconds, say, startProcess },
      scaled: (count) => Math.max(100, Math.round(count * scale)),
      profile: (name) =>
        profiles === undefined
          ? []
          : ['--cpu-prof', '--cpu-prof-dir', path.resolve(profiles), '--cpu-prof-name', `${name}.cpuprofile`],
    });
  } finally {
    await Promise.all(running.map((each) => each.stop()));
    await closeClients();
    await postgres.stop();
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

main().catch((error: unknown) => {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
});
