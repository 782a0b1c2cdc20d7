import {
  NotificationQueueBindings,
  NotificationQueues,
  QUEUE_NAME,
  type QueueField,
  type QueueFinding,
  QueueSetup,
} from '@puente/flows/notifications';
import { AppError } from '@puente/kernel';
import type { QueueBinding } from '@puente/queue';
import { Command, InvalidArgumentError } from 'commander';
import { withPlatform } from '../platform';

const origin = { actor: 'system:cli' };

interface CreateOptions {
  readonly tenant: string;
  readonly name: string;
  readonly integration: string;
  readonly kmsKey?: string;
  readonly bind?: boolean;
  readonly repair?: boolean;
}

/** `puente queues`: makes a tenant's notification queues, and says what is wrong with those that are bound. */
export function queuesCommand(env: NodeJS.ProcessEnv): Command {
  const command = new Command('queues').description('Create and verify notification queues.');
  command
    .command('create')
    .description("Create a queue and its dead-letter queue with the tenant's own credentials. Safe to repeat.")
    .requiredOption('--tenant <uuid>', 'whose queues they are')
    .requiredOption('--name <name>', '{name}.fifo and {name}-dead.fifo', queueName)
    .option('--integration <name>', "the tenant's sqs account", 'default')
    .option('--kms-key <key>', 'encrypt with this key of KMS instead of keys of SQS')
    .option('--bind', "make it the tenant's notification queue")
    .option('--repair', 'set what queues that exist already have otherwise')
    .action((options: CreateOptions) => create(env, options));
  command
    .command('verify')
    .description('Check all bound queues, a line per check. Ends with 1 when something is wrong.')
    .option('--tenant <uuid>', 'only this tenant')
    .action(({ tenant }: { tenant?: string }) => verify(env, tenant));
  return command;
}

async function create(env: NodeJS.ProcessEnv, options: CreateOptions): Promise<void> {
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
