import type { INestApplicationContext } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import {
  ENDED_STATES,
  OPERATION_STATES,
  OperationLedger,
  OperationReplays,
  type OperationState,
  REPLAY_LIMIT,
  REPLAYED_BY_DEFAULT,
  type ReplayFilter,
  type ReplayRequest,
} from '@puente/ledger';
import { AuditLog } from '@puente/tenancy';
import { Command, InvalidArgumentError } from 'commander';
import { withPlatform } from '../platform';

const origin = { actor: 'system:cli' };

interface FilterOptions {
  readonly tenant: string;
  readonly provider?: string;
  readonly integration?: string;
  readonly operation?: string;
  readonly since?: Date;
  readonly until?: Date;
  readonly settledSince?: Date;
}

interface ListOptions extends FilterOptions {
  readonly state?: OperationState[];
  readonly all?: boolean;
}

interface ReplayOptions extends FilterOptions {
  readonly state: (typeof ENDED_STATES)[number][];
  readonly settledUntil?: Date;
  readonly id?: string[];
  readonly limit: number;
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly repeatOnce?: boolean;
  readonly key?: string;
}

/** `puente operations`: what was asked of providers, and doing many of them again. */
export function operationsCommand(env: NodeJS.ProcessEnv): Command {
  const command = new Command('operations').description('List a tenant’s operations, and do ended ones again.');
  filtered(command.command('list'), 'whose operations')
    .description(
      'Print operations, newest first (with --settled-since in the order of their end), a line of JSON each.',
    )
    .option(
      '--state <states>',
      `only those in these states, with commas: ${OPERATION_STATES.join(', ')}`,
      states(OPERATION_STATES),
    )
    .option('--all', 'every page; without it the newest 100')
    .action((options: ListOptions) => list(env, options));
  filtered(command.command('replay'), 'whose operations')
    .description(
      'Do ended operations again, oldest first: each as a new operation, linked to the old one, behind everything that somebody waits for.',
    )
    .option('--settled-until <time>', 'only those that ended before this time', time)
    .option(
      '--state <states>',
      `in which they ended, with commas: ${ENDED_STATES.join(', ')}; what had its effect must be named`,
      states(ENDED_STATES),
      [...REPLAYED_BY_DEFAULT],
    )
    .option('--id <uuids>', 'only these, with commas', (text: string) => text.split(','))
    .option('--limit <number>', `how many to look at, at most ${String(REPLAY_LIMIT)}`, size, 100)
    .option('--all', 'go on page by page until there is no more')
    .option('--dry-run', 'only print what would be replayed')
    .option('--repeat-once', 'also what happened, or may have, and will have happened twice (effect `once`)')
    .option('--key <text>', 'idempotency key: the same one again replays nothing twice')
    .action((options: ReplayOptions) => replay(env, options));
  return command;
}

function filtered(command: Command, whose: string): Command {
  return command
    .requiredOption('--tenant <uuid>', whose)
    .option('--provider <id>', 'only of this provider')
    .option('--integration <name>', 'only of this account with the provider')
    .option('--operation <name>', 'only of this name')
    .option('--since <time>', 'only those accepted at this time or later, such as 2027-01-31T00:00:00Z', time)
    .option('--until <time>', 'only those accepted before this time', time)
    .option('--settled-since <time>', 'only those that ended at this time or later', time);
}

async function list(env: NodeJS.ProcessEnv, options: ListOptions): Promise<void> {
  const { tenant, provider, integration, operation, since, until, settledSince, state, all } = options;
  const filter = { provider, integration, operation, states: state };
  const times = { createdFrom: since, createdBefore: until, settledFrom: settledSince };
  await withPlatform(env, async (app) => {
    let cursor: string | undefined;
    do {
      const page = await app.get(OperationLedger).list(tenant, { ...filter, ...times }, cursor, 100);
      for (const { output: _, ...operation } of page.items) print(operation);
      cursor = all === true ? (page.next ?? undefined) : undefined;
    } while (cursor !== undefined);
  });
}

async function replay(env: NodeJS.ProcessEnv, options: ReplayOptions): Promise<void> {
  const { repeatOnce = false, limit } = options;
  await withPlatform(env, async (app) => {
    let cursor: string | undefined;
    let page = 0;
    do {
      const next = await replayPage(app, options, { filter: filterOf(options), repeatOnce, limit, cursor }, page++);
      cursor = options.all === true ? (next ?? undefined) : undefined;
    } while (cursor !== undefined);
    app.get(OperationLedger).wake();
  });
}

/** @returns where the next page begins */
async function replayPage(
  app: INestApplicationContext,
  { tenant, dryRun, key }: ReplayOptions,
  request: ReplayRequest,
  page: number,
): Promise<string | null> {
  const replays = app.get(OperationReplays);
  return app.get(TenantDatabase).run(tenant, async (tx) => {
    if (dryRun === true) {
      const plan = await replays.plan(tx, request);
      print(plan);
      return plan.next;
    }
    const idempotencyKey = key === undefined ? undefined : `${key}:${String(page)}`;
    const { fresh, ...done } = await replays.replay(tx, request, { ...origin, idempotencyKey });
    const detail = { replayed: done.items.length, skipped: done.skipped.length, repeatOnce: request.repeatOnce };
    const entry = { ...origin, action: 'operations.replayed', target: `replay:${done.id}`, detail };
    if (fresh) await app.get(AuditLog).record(tx, { ...entry, outcome: 'done' });
    print(done);
    return done.next;
  });
}

function filterOf(options: ReplayOptions): ReplayFilter {
  const { provider, integration, operation, since, until, settledSince, settledUntil, state, id } = options;
  const times = { createdFrom: since, createdBefore: until, settledFrom: settledSince, settledBefore: settledUntil };
  return { provider, integration, operation, states: state, ids: id, ...times };
}

function states<const T extends readonly string[]>(known: T) {
  return (text: string): T[number][] => {
    const given = text.split(',');
    const wrong = given.find((state) => !known.includes(state));
    if (wrong !== undefined) throw new InvalidArgumentError(`${wrong} is none of ${known.join(', ')}.`);
    return given;
  };
}

function time(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new InvalidArgumentError('Expected a time such as 2027-01-31T00:00:00Z.');
  return date;
}

function size(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= REPLAY_LIMIT) return number;
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${String(REPLAY_LIMIT)}.`);
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
