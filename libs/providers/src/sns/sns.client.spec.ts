import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loopbackEgress } from '@puente/integrations/contract-suite';
import { Secret } from '@puente/kernel';
import type { SnsClient } from './sns.client';
import { sns } from './sns.provider';
import { Publish, PublishBatch, PublishSms, Subscribe } from './sns.schemas';

const topicArn = 'arn:aws:sns:us-east-1:123456789012:orders';
const fifoArn = `${topicArn}.fifo`;

let server: Server;
let client: SnsClient;
let seen: URLSearchParams[];
let results: string[];

beforeEach(async () => {
  seen = [];
  results = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      const action = form.get('Action') ?? '';
      seen.push(form);
      const result = results.shift() ?? '<MessageId>m-1</MessageId>';
      response.end(`<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  client = sns.connect(
    new Secret({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' }),
    { region: 'us-east-1', endpoint },
    { tenantId: 't', externalId: 'x', installation: 'test', egress: loopbackEgress() },
  );
});

afterEach(() => {
  client.close();
  server.closeAllConnections();
  server.close();
});

const { signal } = new AbortController();
const call = { signal, dedupeKey: 'dedupe-1', operationId: 'operation-1', repeat: 0 };

/** The attributes of a message in the form: name → [type, value]. */
function attributes(form: URLSearchParams | undefined, prefix = ''): Record<string, [string | null, string | null]> {
  const found: Record<string, [string | null, string | null]> = {};
  for (let n = 1; form?.has(`${prefix}MessageAttributes.entry.${String(n)}.Name`); n += 1) {
    const at = `${prefix}MessageAttributes.entry.${String(n)}`;
    found[form.get(`${at}.Name`) ?? ''] = [form.get(`${at}.Value.DataType`), form.get(`${at}.Value.StringValue`)];
  }
  return found;
}

describe('publishing', () => {
  it('sends TargetArn, Message and Subject as they are', async () => {
    const message = 'Señor Núñez:\r\n<b>&amp;</b> 🎉\n';
    await client.publish(Publish.parse({ topicArn, message, subject: 'Pedido Nº 7 🎉' }), call);

    const [form] = seen;
    expect([form?.get('TargetArn'), form?.get('Message'), form?.get('Subject')]).toEqual([
      topicArn,
      message,
      'Pedido Nº 7 🎉',
    ]);
    expect(form?.has('MessageDeduplicationId')).toBe(false);
  });

  it('carries the operation’s id, and marks a repeat', async () => {
    const input = Publish.parse({ topicArn, message: 'x', attributes: { kind: { type: 'String', value: 'orders' } } });
    await client.publish(input, call);
    await client.publish(input, { ...call, repeat: 2 });

    expect(seen.map((form) => attributes(form))).toEqual([
      { kind: ['String', 'orders'], puente_operation_id: ['String', 'operation-1'] },
      { kind: ['String', 'orders'], puente_operation_id: ['String', 'operation-1'], puente_repeat: ['Number', '2'] },
    ]);
  });

  it('deduplicates on FIFO topics by the caller’s id, or by ours, the same over all tries', async () => {
    const input = { topicArn: fifoArn, message: 'x', groupId: 'g' };
    await client.publish(Publish.parse(input), call);
    await client.publish(Publish.parse(input), { ...call, repeat: 1 });
    await client.publish(Publish.parse({ ...input, deduplicationId: 'own' }), call);

    expect(
      seen.map((form) => [form.get('TopicArn'), form.get('MessageGroupId'), form.get('MessageDeduplicationId')]),
    ).toEqual([
      [fifoArn, 'g', 'dedupe-1'],
      [fifoArn, 'g', 'dedupe-1'],
      [fifoArn, 'g', 'own'],
    ]);
  });

  it('says before sending that a topic is in another region', async () => {
    const elsewhere = topicArn.replace('us-east-1', 'eu-west-1');
    for (const publishing of [
      client.publish(Publish.parse({ topicArn: elsewhere, message: 'x' }), call),
      client.publishBatch(PublishBatch.parse({ topicArn: elsewhere, entries: [{ id: 'a', message: 'x' }] }), call),
      client.getTopicAttributes(elsewhere, signal),
      client.listSubscriptions(elsewhere, undefined, signal),
    ]) {
      const error: unknown = await publishing.catch((reason: unknown) => reason);
      expect(sns.classify(error)).toMatchObject({ kind: 'rejected', code: 'TOPIC_REGION_MISMATCH' });
    }
    expect(seen).toEqual([]);
  });

  it('gives each entry of a batch ids of its own that stay the same', async () => {
    results = [
      '<Successful><member><Id>a</Id><MessageId>m-1</MessageId></member></Successful><Failed><member><Id>b</Id><Code>InternalError</Code><SenderFault>false</SenderFault></member></Failed>',
    ];
    const entries = ['a', 'b'].map((id) => ({ id, message: id, groupId: 'g' }));

    const answer = await client.publishBatch(PublishBatch.parse({ topicArn: fifoArn, entries }), call);

    expect(answer).toMatchObject({ successful: [{ id: 'a' }], failed: [{ id: 'b', outcome: 'unknown' }] });
    const at = (n: number): string => `PublishBatchRequestEntries.member.${String(n)}.`;
    expect([1, 2].map((n) => seen[0]?.get(`${at(n)}MessageDeduplicationId`))).toEqual(['dedupe-1/a', 'dedupe-1/b']);
    expect([1, 2].map((n) => attributes(seen[0], at(n)))).toEqual([
      { puente_operation_id: ['String', 'operation-1/a'] },
      { puente_operation_id: ['String', 'operation-1/b'] },
    ]);
  });
});

describe('a text message', () => {
  it('is transactional unless said otherwise, and marked like any publication', async () => {
    await client.publishSms(
      PublishSms.parse({ phoneNumber: '+56912345678', message: 'Código 123', senderId: 'Puente' }),
      {
        ...call,
        repeat: 1,
      },
    );

    expect(seen[0]?.get('PhoneNumber')).toBe('+56912345678');
    expect(attributes(seen[0])).toEqual({
      'AWS.SNS.SMS.SMSType': ['String', 'Transactional'],
      'AWS.SNS.SMS.SenderID': ['String', 'Puente'],
      puente_operation_id: ['String', 'operation-1'],
      puente_repeat: ['Number', '1'],
    });
  });
});

describe('a subscription', () => {
  const input = Subscribe.parse({ topicArn, protocol: 'email', endpoint: 'Ventas@example.com' });
  const member = (endpoint: string, arn: string): string =>
    `<member><SubscriptionArn>${arn}</SubscriptionArn><Protocol>email</Protocol><Endpoint>${endpoint}</Endpoint><Owner>1</Owner></member>`;
  const page = (members: string, next = ''): string => `<Subscriptions>${members}</Subscriptions>${next}`;

  it('is pending until its receiver has agreed', async () => {
    results = [
      '<SubscriptionArn>pending confirmation</SubscriptionArn>',
      `<SubscriptionArn>${topicArn}:1</SubscriptionArn>`,
    ];

    expect(await client.subscribe(input, signal)).toEqual({ pendingConfirmation: true });
    expect(await client.subscribe(input, signal)).toEqual({
      subscriptionArn: `${topicArn}:1`,
      pendingConfirmation: false,
    });
  });

  it('is found on any page, pending or not, however its address is written', async () => {
    results = [
      page(member('other@example.com', `${topicArn}:1`), '<NextToken>2</NextToken>'),
      page(member('ventas@EXAMPLE.com', 'PendingConfirmation')),
    ];

    expect(await client.subscribed(input, signal)).toEqual({ kind: 'applied', output: { pendingConfirmation: true } });
    expect(seen.map((form) => form.get('NextToken'))).toEqual([null, '2']);
  });

  it('is absent only after the last page, and undecided when there are too many', async () => {
    results = [page(member('other@example.com', 'x'))];
    expect(await client.subscribed(input, signal)).toEqual({ kind: 'absent' });

    results = Array.from({ length: 50 }, () => page('', '<NextToken>more</NextToken>'));
    expect(await client.subscribed(input, signal)).toEqual({ kind: 'pending' });
  });
});

describe('the input', () => {
  it.each([
    ['a subject of two lines', { subject: 'a\nb' }],
    ['a subject with a control character', { subject: 'a\u0007b' }],
    ['a subject of 101 characters', { subject: 'a'.repeat(101) }],
    ['an empty subject', { subject: '' }],
    ['an empty message', { message: '' }],
    ['half a character', { message: '\ud83e' }],
    ['an attribute that is ours', { attributes: { puente_repeat: { type: 'Number', value: '1' } } }],
    ['a structured message that is not JSON', { messageStructure: 'json', message: 'x' }],
    ['a structured message without a default', { messageStructure: 'json', message: '{"sms":"x"}' }],
    ['a deduplication id for a standard topic', { deduplicationId: 'd' }],
    ['a FIFO topic without a group', { topicArn: fifoArn }],
    ['an ARN of a queue', { topicArn: 'arn:aws:sqs:us-east-1:123456789012:orders' }],
    ['an ARN with a line feed', { topicArn: `${topicArn}\n` }],
  ])('is refused before anything is written: %s', (_name, wrong) => {
    expect(Publish.safeParse({ topicArn, message: 'x', ...wrong }).success).toBe(false);
  });

  it('takes what SNS takes', () => {
    for (const subject of ['a'.repeat(100), '🎉'.repeat(100), 'Pedido Nº 7: ¿listo?']) {
      expect(Publish.safeParse({ topicArn, message: 'x', subject }).success).toBe(true);
    }
  });

  it.each(['912345678', '+0912345678', '+56 9 1234 5678', '+', '+5691234567890123'])(
    'refuses the number %s',
    (phoneNumber) => {
      expect(PublishSms.safeParse({ phoneNumber, message: 'x' }).success).toBe(false);
    },
  );

  it.each([
    ['email', 'not an address'],
    ['sms', '912345678'],
    ['sqs', 'https://sqs.us-east-1.amazonaws.com/1/q'],
    ['https', 'http://example.com'],
    ['application', 'arn:aws:sns:us-east-1:1:endpoint/x'],
  ])('refuses to subscribe by %s to %s', (protocol, endpoint) => {
    expect(Subscribe.safeParse({ topicArn, protocol, endpoint }).success).toBe(false);
  });

  it('takes the attributes of a subscription that are given, and needs no others', () => {
    const input = { topicArn, protocol: 'email', endpoint: 'ventas@example.com' };

    expect(Subscribe.parse({ ...input, attributes: { RawMessageDelivery: 'true' } }).attributes).toEqual({
      RawMessageDelivery: 'true',
    });
    expect(Subscribe.safeParse({ ...input, attributes: { Endpoint: 'x' } }).success).toBe(false);
  });
});
