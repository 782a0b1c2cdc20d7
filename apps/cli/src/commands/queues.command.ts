import {
  NotificationQueueBindings,
  NotificationQueues,
  QUEUE_NAME,
  type QueueField,
  type QueueFinding,
  QueueSetup,
} from '@puente/flows/notifications';
import { AppError } from '@puente/kernel';
import type { DispatchQueues, QueueBinding } from '@puente/queue';
import { Command, InvalidArgumentError } from 'commander';
import { withPlatform } from '../platform';
import {
  checkAccountingQueues,
  checkCustomerQueues,
  checkDispatchQueue,
  makeCustomerQueues,
  makeDispatchQueues,
} from './dispatch-queues';

const origin = { actor: 'system:cli' };

interface CreateOptions {
  readonly dispatch?: boolean;
  readonly customers?: boolean;
  readonly accounting?: boolean;
  readonly tenant?: string;
  readonly name?: string;
  readonly integration: string;
  readonly kmsKey?: string;
  readonly bind?: boolean;
  readonly repair?: boolean;
}

interface VerifyOptions {
  readonly tenant?: string;
  readonly dispatch?: boolean;
  readonly customers?: boolean;
  readonly accounting?: boolean;
}

const DISPATCH_QUEUE = 'puente-dispatch';
const CUSTOMER_QUEUE = 'customer-notifications';
const ACCOUNTING_QUEUE = 'accounting';

/**
 * `puente queues`: makes a tenant's notification queues, or the platform's own for DISPATCH_MODE=sqs, and says what is
 * wrong with those that are bound.
 */
export function queuesCommand(env: NodeJS.ProcessEnv): Command {
  const command = new Command('queues').description('Create and verify notification queues and the dispatch queue.');
  command
    .command('create')
    .description("Create a queue and its dead-letter queue with the tenant's own credentials. Safe to repeat.")
    .option('--tenant <uuid>', 'whose queues they are')
    .option('--name <name>', `{name}.fifo and {name}-dead.fifo (with --dispatch: ${DISPATCH_QUEUE})`, queueName)
    .option('--dispatch', "instead, the platform's queue for DISPATCH_MODE=sqs, with the platform's own credentials")
    .option('--customers', "instead, the platform's queue for CUSTOMER_NOTIFICATION_SQS_URL, with its own credentials")
    .option('--accounting', "instead, the platform's queue for ACC_MOVE_SQS_URL, with its own credentials")
    .option('--integration <name>', "the tenant's sqs account", 'default')
    .option('--kms-key <key>', 'encrypt with this key of KMS instead of keys of SQS')
    .option('--bind', "make it the tenant's notification queue")
    .option('--repair', 'set what queues that exist already have otherwise')
    .action((options: CreateOptions, command: Command) => {
      const { dispatch, customers, accounting, tenant, name } = options;
      if (dispatch) return createDispatch(env, name ?? DISPATCH_QUEUE);
      if (customers) return createOwn(env, name ?? CUSTOMER_QUEUE, 'CUSTOMER_NOTIFICATION');
      if (accounting) return createOwn(env, name ?? ACCOUNTING_QUEUE, 'ACC_MOVE');
      if (tenant === undefined || name === undefined)
        return command.error('error: --tenant and --name are required, or --dispatch, --customers or --accounting');
      return create(env, { ...options, tenant, name });
    });
  command
    .command('verify')
    .description('Check all bound queues, a line per check. Ends with 1 when something is wrong.')
    .option('--tenant <uuid>', 'only this tenant')
    .option('--dispatch', 'instead, the queue of DISPATCH_QUEUE_URL')
    .option('--customers', 'instead, the queue of CUSTOMER_NOTIFICATION_SQS_URL')
    .option('--accounting', 'instead, the queue of ACC_MOVE_SQS_URL')
    .action(({ tenant, dispatch, customers, accounting }: VerifyOptions) => {
      if (dispatch) return verifyPlatform(checkDispatchQueue(env));
      if (accounting) return verifyPlatform(checkAccountingQueues(env));
      return customers ? verifyPlatform(checkCustomerQueues(env)) : verify(env, tenant);
    });
  return command;
}

async function createDispatch(env: NodeJS.ProcessEnv, name: string): Promise<void> {
  const { queueUrl } = sayMade(await makeDispatchQueues(env, name));
  say(`DISPATCH_MODE=sqs\nDISPATCH_QUEUE_URL=${queueUrl}`);
}

/** A queue of the installation's own, by the beginning of the names of its variables. */
async function createOwn(env: NodeJS.ProcessEnv, name: string, variables: string): Promise<void> {
  const { queueUrl, deadLetterQueueUrl } = sayMade(await makeCustomerQueues(env, name));
  say(`${variables}_SQS_URL=${queueUrl}`);
  say(`${variables}_DEAD_LETTER_SQS_URL=${deadLetterQueueUrl}`);
}

function sayMade(made: DispatchQueues): DispatchQueues {
  for (const field of ['queueUrl', 'deadLetterQueueUrl'] as const)
    say(`${(made.created.includes(field) ? 'created' : 'exists').padEnd(8)} ${field} ${made[field]}`);
  return made;
}

async function verifyPlatform(
  findings: Promise<readonly { readonly ok: boolean; readonly check: string; readonly text: string }[]>,
): Promise<void> {
  for (const { ok, check, text } of await findings) {
    say(`  ${ok ? 'ok   ' : 'wrong'} ${check}: ${text}`);
    if (!ok) process.exitCode = 1;
  }
}

async function create(
  env: NodeJS.ProcessEnv,
  options: CreateOptions & { readonly tenant: string; readonly name: string },
): Promise<void> {
  const { tenant, name, integration, kmsKey, bind, repair } = options;
  await withPlatform(env, async (app) => {
    const made = await app.get(QueueSetup).create(tenant, { name, integration, kmsKeyId: kmsKey, repair });
    const { queueUrl, deadLetterQueueUrl } = made;
    for (const field of ['queueUrl', 'deadLetterQueueUrl'] as const) {
      const state = made.created.includes(field) ? 'created' : made.repaired.includes(field) ? 'repaired' : 'exists';
      say(`${state.padEnd(8)} ${field} ${made[field]}`);
    }
    if (bind) {
      await app
        .get(NotificationQueues)
        .bind(tenant, { queueUrl, deadLetterQueueUrl, integration }, { origin, platform: true });
      say(`bound    to tenant ${tenant}`);
    }
    report(
      made.findings.filter(({ ok }) => !ok),
      made,
    );
    if (made.findings.some(({ ok }) => !ok)) {
      say('Left as it is. Repeat with --repair to set it.');
      process.exitCode = 1;
    }
  });
}

async function verify(env: NodeJS.ProcessEnv, tenant: string | undefined): Promise<void> {
  await withPlatform(env, async (app) => {
    const bound = await app.get(NotificationQueueBindings).all();
    const asked = bound.filter(({ tenantId }) => tenant === undefined || tenantId === tenant);
    if (asked.length === 0)
      say(tenant === undefined ? 'No queue is bound.' : `No queue is bound for tenant ${tenant}.`);
    if (asked.length === 0 && tenant !== undefined) process.exitCode = 1;
    for (const binding of asked) {
      say(`tenant ${binding.tenantId}`);
      if (!(await isRight(app.get(NotificationQueues), binding))) process.exitCode = 1;
    }
  });
}

/** A queue that cannot be asked is a wrong one too; the next tenant's are checked all the same. */
async function isRight(queues: NotificationQueues, binding: QueueBinding): Promise<boolean> {
  const urls = { queueUrl: binding.queueUrl, deadLetterQueueUrl: binding.deadLetterUrl };
  try {
    const findings = await queues.verify(binding.tenantId);
    report(findings, urls);
    return findings.every(({ ok }) => ok);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    say(`  wrong ${urls.queueUrl} reachable: ${error.message}`);
    return false;
  }
}

function report(findings: readonly QueueFinding[], urls: Readonly<Record<QueueField, string>>): void {
  for (const { ok, about, check, text } of findings)
    say(`  ${ok ? 'ok   ' : 'wrong'} ${urls[about]} ${check}: ${text}`);
}

function queueName(text: string): string {
  if (QUEUE_NAME.test(text)) return text;
  throw new InvalidArgumentError('Expected 1 to 70 letters, digits, - or _, without .fifo.');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
