import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { randomInt } from 'node:crypto';
import { control, sandboxFacts } from '../support/sandbox';
import { type Answer, bodyOf, JsonClient, type Problem, statusAndCode } from '../support/sandbox-client';
import { until } from '../support/sandbox-until';

interface Entry {
  readonly id: string;
  readonly state: string;
  readonly amount: string | null;
  readonly repeats: number;
  readonly repeated?: boolean;
  readonly operationId: string;
  readonly odooId: number | null;
}

/** The demo tenant, whose queue is the installation's, and the sandbox's Odoo. */
describe('accounting', () => {
  const facts = sandboxFacts();
  const client = new JsonClient(facts.apiUrl, facts.keys.client);
  const admin = new JsonClient(facts.apiUrl, facts.keys.admin);
  const credentials = { accessKeyId: 'AKIDPRODUCER', secretAccessKey: 'any' };
  const sqs = new SQSClient({ endpoint: facts.sandboxUrl, region: 'us-east-1', credentials });

  const transaction = (): number => randomInt(1_000_000_000, 9_000_000_000);
  const text = (id: number, amount: string, more = ''): string =>
    `{"transaction_id": ${String(id)}, "amount": ${amount}, "finalitix_type": "abono", "description": "Cobro"${more}}`;
  const send = (body: string): Promise<Answer> => client.send('POST', '/v1/accounting/moves', body);
  const produce = (body: string, attributes: Readonly<Record<string, readonly [type: string, value: string]>>) =>
    sqs.send(
      new SendMessageCommand({
        ...{ QueueUrl: facts.accounting?.queueUrl, MessageBody: body },
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([name, [DataType, StringValue]]) => [name, { DataType, StringValue }]),
        ),
      }),
    );
  const entryOf = (kind: 'moves' | 'partners', reference: string | number): Promise<Entry> =>
    until(
      async () => {
        const page = await client.get(`/v1/accounting/${kind}?reference=${String(reference)}`);
        const [entry] = bodyOf<{ items: Entry[] }>(page, 200).items;
        return entry?.state === 'succeeded' && entry.odooId !== null && entry;
      },
      { withinMs: 20_000, what: `${kind} ${String(reference)} are in the books` },
    );
  const posted = async (id: number): Promise<{ amount: string; type: string }[]> => {
    const all = bodyOf<{ transactionId?: string; amount: string; type: string }[]>(await control().get('/_sandbox/odoo/received'), 200); // prettier-ignore
    return all.filter(({ transactionId }) => transactionId === String(id));
  };

  afterAll(() => sqs.destroy());

  it('takes the messages of S0.3 and S0.4 as any SDK sends them, and a transaction once by whichever door', async () => {
    const id = transaction();
    const user = `u-${String(id)}`;
    const attributes = { method: ['String', 'create_post_move'], model: ['String', 'account.move'] } as const;
    await produce(text(id, '99999999999.99'), attributes);
    await produce('{}', {
      ...{ method: ['String', 'create_finalitix_partner'], model: ['String', 'res.partner'] },
      ...{ accountId: ['Number', '77'], finalitixUserId: ['String', user] },
    });

    const entry = await entryOf('moves', id);
    expect(entry.amount).toBe('99999999999.99');
    expect(await entryOf('partners', user)).toMatchObject({ amount: null });
    expect(bodyOf(await send(text(id, '99999999999.99')), 202)).toMatchObject({ id: entry.id, repeated: true });
    expect(statusAndCode(await send(text(id, '99999999999.98')))).toEqual([409, 'ACCOUNTING_KEY_REUSED']);
    expect(await posted(id)).toMatchObject([{ amount: '99999999999.99', type: 'abono' }]);
  });

  it('answers with a Location where the entry is, and writes messages as their producers do', async () => {
    const [id, other] = [transaction(), transaction()];
    const answer = await send(text(id, '0.10'));
    const { operationId } = bodyOf<Entry>(answer, 202);
    const message = { attributes: { method: 'create_post_move', model: { dataType: 'String', stringValue: 'account.move' } }, body: text(other, '7.50') }; // prettier-ignore
    bodyOf(await client.post('/v1/accounting/messages', message), 202);

    const entry = await entryOf('moves', id);
    expect(bodyOf(await client.get(String(answer.headers.location)), 200)).toMatchObject({ id: entry.id, operationId });
    expect(bodyOf(await admin.get(`/v1/operations/${operationId}`), 200)).toMatchObject({ state: 'succeeded' });
    expect(await entryOf('moves', other)).toMatchObject({ amount: '7.50' });
  });

  it('says which field is wrong, of an entry and of routes', async () => {
    const refused = await send(text(transaction(), '0.001'));
    const { version, routes } = bodyOf<{ version: number; routes: object[] }>(await admin.get('/v1/accounting/routes'), 200); // prettier-ignore
    const bad = await admin.put('/v1/accounting/routes', {
      routes: routes.map((route) => ({ ...route, key: 'always' })),
    });

    expect(bodyOf<Problem>(refused, 422).errors).toEqual([
      { path: 'amount', message: 'the amount has more decimals than MXN (2)' },
    ]);
    expect(bodyOf<Problem>(bad, 422).errors?.map(({ path }) => path)).toEqual(['routes.0.key', 'routes.1.key']);
    expect(statusAndCode(await client.put('/v1/accounting/routes', { routes }))).toEqual([403, 'FORBIDDEN']);
    expect(version).toBe(0);
  });
});
