import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { SendMessageCommand as LegacySendMessageCommand, SQSClient as LegacySQSClient } from 'client-sqs-legacy';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { sandboxFacts } from '../support/sandbox';
import { awsSettings, type ReadyTenant, SandboxTenant } from '../support/sandbox-tenant';
import { until } from '../support/sandbox-until';

const GROUPS = ['pedidos', 'ofertas', 'recordatorios', 'criticos'];
const PER_GROUP = 50;
/** Every fifth message of a group is the one before it again. */
const DISTINCT_PER_GROUP = 40;

interface Outgoing {
  readonly group: string;
  readonly body: string;
  readonly dedupId: string;
}

const boto3 = spawnSync('python3', ['-c', 'import boto3'], { timeout: 20_000 }).status === 0;

/** What S1.7 promises: a producer that knows only the queue URL works unchanged. */
describe('a foreign producer', () => {
  it('of the Query protocol (an old SDK) has each distinct message published once, in order, text intact', async () => {
    const tenant = await SandboxTenant.createReady(sandboxFacts());
    const client = new LegacySQSClient(awsSettings(sandboxFacts(), tenant.aws));
    await inGroups(messagesFor(tenant), ({ group, body, dedupId }) =>
      client.send(
        new LegacySendMessageCommand({
          QueueUrl: tenant.queueUrl,
          MessageBody: body,
          MessageGroupId: group,
          MessageDeduplicationId: dedupId,
        }),
      ),
    );
    client.destroy();
    await expectAllPublished(tenant);
  }, 60_000);

  it('of the JSON protocol (the current SDK) as well', async () => {
    const tenant = await SandboxTenant.createReady(sandboxFacts());
    await inGroups(messagesFor(tenant), ({ group, body, dedupId }) =>
      tenant.sqs.send(
        new SendMessageCommand({
          QueueUrl: tenant.queueUrl,
          MessageBody: body,
          MessageGroupId: group,
          MessageDeduplicationId: dedupId,
        }),
      ),
    );
    await expectAllPublished(tenant);
  }, 60_000);

  (boto3 ? it : it.skip)(
    `in Python${boto3 ? '' : ' (skipped: python3 cannot import boto3 here)'} as well`,
    async () => {
      const tenant = await SandboxTenant.createReady(sandboxFacts());
      const { status, stderr } = spawnSync('python3', ['-c', PYTHON], {
        input: JSON.stringify({ ...sandboxFacts(), queueUrl: tenant.queueUrl, messages: messagesFor(tenant) }),
        encoding: 'utf8',
        timeout: 50_000,
      });
      expect([status, stderr]).toEqual([0, '']);
      await expectAllPublished(tenant);
    },
    60_000,
  );
});

const PYTHON = `
import boto3, json, sys
facts = json.load(sys.stdin)
sqs = boto3.client("sqs", endpoint_url=facts["sandboxUrl"], region_name="us-east-1", aws_access_key_id="any", aws_secret_access_key="any")
for m in facts["messages"]:
    sqs.send_message(QueueUrl=facts["queueUrl"], MessageBody=m["body"], MessageGroupId=m["group"], MessageDeduplicationId=m["dedupId"])
`;

function textOf(group: string, n: number): string {
  return `${group} ${String(n)}: "¡Atención!" 🚚👩‍👩‍👧\nsegunda línea\t\\u00f1 es texto, ñ también <&>`;
}

/** Some as JavaScript writes JSON, in UTF-8; the others as Python's json.dumps does: ASCII, `\uXXXX`, with spaces. */
function messagesFor(tenant: ReadyTenant): Outgoing[] {
  return Array.from({ length: PER_GROUP }, (_, place) => place - Math.floor((place + 1) / 5)).flatMap((n) =>
    GROUPS.map((group) => {
      const content = {
        sns_topic: tenant.topicArn,
        subject: `Aviso ${String(n)} ñ`,
        message: textOf(group, n),
        extra: { tolerated: true },
      };
      const body = n % 2 === 0 ? JSON.stringify(content) : asciiJson(content);
      return { group, body, dedupId: createHash('md5').update(body).digest('hex') };
    }),
  );
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value, null, 1)
    .replace(/\n */g, ' ')
    .replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** One after the other inside a group, the groups side by side. */
async function inGroups(messages: readonly Outgoing[], send: (message: Outgoing) => Promise<unknown>): Promise<void> {
  expect(messages).toHaveLength(GROUPS.length * PER_GROUP);
  await Promise.all(
    GROUPS.map(async (name) => {
      for (const message of messages.filter(({ group }) => group === name)) await send(message);
    }),
  );
}

async function expectAllPublished(tenant: ReadyTenant): Promise<void> {
  const expected = GROUPS.length * DISTINCT_PER_GROUP;
  await until(async () => (await tenant.received(tenant.topicArn)).length >= expected, {
    withinMs: 45_000,
    what: `${String(expected)} messages are published`,
  });
  const texts = (await tenant.received(tenant.topicArn)).map(({ message }) => message);
  for (const group of GROUPS) {
    const inOrder = Array.from({ length: DISTINCT_PER_GROUP }, (_, n) => textOf(group, n));
    expect(texts.filter((text) => text.startsWith(group))).toEqual(inOrder);
  }
  expect(texts).toHaveLength(expected);
}
