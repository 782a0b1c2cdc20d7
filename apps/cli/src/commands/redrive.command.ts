import { setTimeout as sleep } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import {
  DEAD_LETTER_CAUSES,
  DeadLetters,
  FASTEST,
  RedriveBody,
  Redrives,
  type RedriveView,
  SLOWEST,
} from '@puente/flows/notifications';
import { Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { withPlatform } from '../platform';

const origin = { actor: 'system:cli' };
const LOOK_EVERY_MS = 300;

interface RedriveOptions {
  readonly tenant?: string;
  readonly letter?: string;
  readonly rate: number;
  readonly cause?: string;
  readonly reason?: string;
  readonly since?: string;
  readonly until?: string;
  readonly wait?: boolean;
}

/** `puente redrive`: sends dead letters back into their queue. A worker does the work; this begins it and looks on. */
export function redriveCommand(env: NodeJS.ProcessEnv): Command {
  const command = new Command('redrive')
    .description('Send dead letters back into the queue, where they are published like fresh messages.')
    .option('--tenant <uuid>', 'whose letters')
    .option('--letter <uuid>', 'one letter; without it all that wait')
    .option('--rate <number>', 'letters per second', rate, 10)
    .addOption(new Option('--cause <cause>', 'only those put aside for this').choices(DEAD_LETTER_CAUSES))
    .option('--reason <text>', 'only those whose reason contains this')
    .option('--since <time>', 'only those put aside at this time or later, such as 2027-01-31T00:00:00Z')
    .option('--until <time>', 'only those put aside before this time')
    .option('--wait', 'stay until it is over; ends with 1 when a letter did not get into the queue')
    .action((options: RedriveOptions, self: Command) => redrive(env, options, self));
  command
    .command('list')
    .description('Print the letters of a tenant, newest first, a line of JSON each.')
    .requiredOption('--tenant <uuid>', 'whose letters')
    .option('--all', 'also those that do not wait any more')
    .action(({ tenant, all }: { tenant: string; all?: boolean }) => list(env, tenant, all ?? false));
  command
    .command('status')
    .description('Print the redrives of a tenant, newest first, a line of JSON each.')
    .requiredOption('--tenant <uuid>', 'whose redrives')
    .action(({ tenant }: { tenant: string }) => status(env, tenant));
  return command;
}

async function redrive(env: NodeJS.ProcessEnv, options: RedriveOptions, command: Command): Promise<void> {
  const { tenant, letter, rate: messagesPerSecond, wait, cause, reason, since, until } = options;
  if (tenant === undefined) command.error("error: required option '--tenant <uuid>' not specified");
  const body = RedriveBody.safeParse({ messagesPerSecond, filter: given({ cause, reason, since, until }) });
  if (!body.success) command.error(`error: ${z.prettifyError(body.error)}`);
  await withPlatform(env, async (app) => {
    const well =
      letter === undefined
        ? await redriveAll(app, tenant, body.data, wait ?? false)
        : await redriveLetter(app, { tenant, letter }, wait ?? false);
    if (!well) process.exitCode = 1;
  });
}

/** @returns false when a letter did not get into the queue */
async function redriveAll(
  app: INestApplicationContext,
  tenant: string,
  body: RedriveBody,
  wait: boolean,
): Promise<boolean> {
  const redrives = app.get(Redrives);
  let view = await redrives.create(tenant, body, { origin });
  print(view);
  while (wait && view.finishedAt === null) {
    await sleep(LOOK_EVERY_MS);
    const now = await redrives.get(tenant, view.id);
    if (progress(now) !== progress(view)) print(now);
    view = now;
  }
  return !wait || (view.state === 'done' && view.failed === 0);
}

async function redriveLetter(
  app: INestApplicationContext,
  { tenant, letter }: { readonly tenant: string; readonly letter: string },
  wait: boolean,
): Promise<boolean> {
  let view = await app.get(Redrives).redriveLetter(tenant, letter, { origin });
  print(view);
  while (wait && view.state === 'redriving') {
    await sleep(LOOK_EVERY_MS);
    view = await app.get(DeadLetters).get(tenant, letter);
    if (view.state !== 'redriving') print(view);
  }
  return view.failure === null;
}

async function status(env: NodeJS.ProcessEnv, tenant: string): Promise<void> {
  await withPlatform(env, async (app) => {
    (await app.get(Redrives).list(tenant, undefined, 25)).items.forEach(print);
  });
}

async function list(env: NodeJS.ProcessEnv, tenant: string, all: boolean): Promise<void> {
  await withPlatform(env, async (app) => {
    const filter = all ? {} : { states: ['waiting', 'redriving'] as const };
    let cursor: string | undefined;
    do {
      const page = await app.get(DeadLetters).list(tenant, filter, cursor, 100);
      page.items.forEach(print);
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
  });
}

function progress({ state, sent, failed, found, remaining, problem }: RedriveView): string {
  return JSON.stringify([state, sent, failed, found, remaining, problem]);
}

function given(filter: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(filter).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function rate(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= SLOWEST && number <= FASTEST) return number;
  throw new InvalidArgumentError(`Expected a whole number from ${String(SLOWEST)} to ${String(FASTEST)}.`);
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
