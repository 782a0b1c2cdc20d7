import { randomUUID } from 'node:crypto';
import { control, sandboxFacts } from '../support/sandbox';
import { puente } from '../support/sandbox-cli';
import { bodyOf, type Problem, statusAndCode } from '../support/sandbox-client';
import { type ReadyTenant, receivedBySns, SandboxTenant } from '../support/sandbox-tenant';
import { until } from '../support/sandbox-until';

interface OperationDetail {
  readonly id: string;
  readonly state: string;
  readonly output: unknown;
  readonly replayOf: string | null;
  readonly attempts: readonly { readonly outcome: string; readonly repeat: boolean }[];
}

interface OperationPage {
  readonly items: readonly { readonly id: string; readonly state: string; readonly provider: string }[];
  readonly next: string | null;
}

interface ReplayAnswer {
  readonly id: string | null;
  readonly items: readonly { readonly of: string; readonly operationId: string | null }[];
  readonly skipped: readonly { readonly reason: string }[];
}

describe('operations of providers', () => {
  let tenant: ReadyTenant;
  const PUBLISH = '/v1/integrations/sns/operations/publish';
  const some = () => ({ topicArn: tenant.topicArn, subject: 's', message: `op ${randomUUID()}` });
  const publish = (body: object, headers: Readonly<Record<string, string>> = {}, query = '') =>
    tenant.client.post(PUBLISH + query, body, headers);
  const fault = (order: object) =>
    control().post('/_sandbox/sns/faults', { operation: 'Publish', match: tenant.name, ...order });
  const countOf = async (message: string) =>
    (await tenant.received(tenant.topicArn)).filter((effect) => effect.message === message).length;
  const detail = async (id: string) => bodyOf<OperationDetail>(await tenant.client.get(`/v1/operations/${id}`), 200);
  const ends = (id: string, state: string) =>
    until(async () => (await detail(id)).state === state && detail(id), {
      withinMs: 20_000,
      what: `operation ${id} is ${state}`,
    });

  beforeAll(async () => {
    tenant = await SandboxTenant.createReady(sandboxFacts());
  });

  it('answers 200 with the output of a call, and keeps its row', async () => {
    const body = some();
    const { operationId, output } = bodyOf<{ operationId: string; output: { messageId: string } }>(
      await publish(body),
      200,
    );
    expect((await tenant.received(tenant.topicArn)).find(({ message }) => message === body.message)?.messageId).toBe(
      output.messageId,
    );
    expect(await detail(operationId)).toMatchObject({
      state: 'succeeded',
      output,
      attempts: [{ outcome: 'ok', repeat: false }],
    });
  });

  it('answers a read without a row', async () => {
    const answer = await tenant.client.post('/v1/integrations/sns/operations/getTopicAttributes', {
      topicArn: tenant.topicArn,
    });
    const { operationId, output } = bodyOf<{ operationId?: string; output: { attributes: object } }>(answer, 200);
    expect(operationId).toBeUndefined();
    expect(output.attributes).toHaveProperty('TopicArn', tenant.topicArn);
  });

  it('gives the first answer back for the same Idempotency-Key', async () => {
    const body = some();
    const headers = { 'idempotency-key': randomUUID() };
    const first = await publish(body, headers);
    const again = await publish(body, headers);
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.body).toEqual(first.body);
    expect(await countOf(body.message)).toBe(1);
    expect(statusAndCode(await publish(some(), headers))).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
  });

  it('says 409 while the first request with the key is still open, and calls once', async () => {
    const body = some();
    const headers = { 'idempotency-key': randomUUID() };
    bodyOf(await fault({ delayMs: 1_500 }), 201);
    const answers = await Promise.all([publish(body, headers), publish(body, headers)]);
    const [done, open] = answers.map(statusAndCode).sort(([a], [b]) => a - b);
    expect([done, open]).toEqual([
      [200, undefined],
      [409, 'IDEMPOTENCY_IN_PROGRESS'],
    ]);
    expect(await countOf(body.message)).toBe(1);
  });

  it('answers 202 with Location to Prefer: respond-async, and the worker does it', async () => {
    const body = some();
    const answer = await publish(body, { prefer: 'respond-async' });
    expect(answer.status).toBe(202);
    const location = String(answer.headers['location']);
    expect(location).toMatch(/^\/v1\/operations\/[0-9a-f-]{36}$/);
    const done = bodyOf<OperationDetail>(await tenant.client.get(`${location}?waitMs=10000`), 200);
    expect(done.state).toBe('succeeded');
    expect(await countOf(body.message)).toBe(1);
  });

  it('answers 202 when the deadline passes first; nothing is sent twice', async () => {
    const body = some();
    bodyOf(await fault({ delayMs: 3_000 }), 201);
    const answer = await publish(body, {}, '?waitMs=300');
    expect(answer.status).toBe(202);
    const id = String(answer.headers['location']).split('/').at(-1) ?? '';
    await until(async () => !['queued', 'running', 'unknown'].includes((await detail(id)).state), {
      withinMs: 20_000,
      what: 'it is settled',
    });
    expect(await countOf(body.message)).toBe(1);
  });

  it('answers 422 with the provider’s code when the provider refuses', async () => {
    const answer = await publish({ ...some(), topicArn: tenant.topicArn.replace('-news', '-gone') });
    expect(statusAndCode(answer)).toEqual([422, 'PROVIDER_REJECTED']);
    expect(answer.text).toContain('NotFound');
    expect(await detail((answer.body as Problem).operationId ?? '')).toMatchObject({ state: 'rejected' });
  });

  it('says that a queue does not exist', async () => {
    const input = { queueUrl: tenant.queueUrl.replace('.fifo', '-gone.fifo'), body: 'x', groupId: 'g' };
    const answer = await tenant.client.post('/v1/integrations/sqs/operations/sendMessage', input);
    expect(statusAndCode(answer)).toEqual([422, 'PROVIDER_REJECTED']);
    expect(answer.text).toMatch(/QueueDoesNotExist|NonExistentQueue/);
  });

  it('refuses a topic of another region without sending anything', async () => {
    const input = { ...some(), topicArn: tenant.topicArn.replace('us-east-1', 'eu-west-1') };
    const answer = await publish(input);
    expect(statusAndCode(answer)).toEqual([422, 'PROVIDER_REJECTED']);
    expect(answer.text).toContain('TOPIC_REGION_MISMATCH');
    expect((await receivedBySns(sandboxFacts())).filter(({ message }) => message === input.message)).toEqual([]);
  });

  it('answers 422 to input that does not fit, and writes nothing', async () => {
    const before = bodyOf<{ items: { id: string }[] }>(await tenant.client.get('/v1/operations?limit=1')).items[0]?.id;
    const answer = await publish({ ...some(), surprise: 'SECRETVALUE' });
    expect(statusAndCode(answer)).toEqual([422, 'INVALID_INPUT']);
    expect(answer.text).not.toContain('SECRETVALUE');
    expect(bodyOf<{ items: { id: string }[] }>(await tenant.client.get('/v1/operations?limit=1')).items[0]?.id).toBe(
      before,
    );
  });

  it('says 409 where there are no credentials', async () => {
    const bare = await SandboxTenant.create(sandboxFacts());
    expect(statusAndCode(await bare.client.post(PUBLISH, some()))).toEqual([409, 'CREDENTIALS_MISSING']);
  });

  describe('after a lost answer', () => {
    const lost = async (): Promise<{ id: string; message: string }> => {
      const body = some();
      bodyOf(await fault({ reset: 'after' }), 201);
      const answer = await publish(body, { prefer: 'respond-async' });
      const id = String(answer.headers['location']).split('/').at(-1) ?? '';
      await ends(id, 'needs_review');
      return { id, message: body.message };
    };

    it('waits for a person, who closes it as applied', async () => {
      const { id, message } = await lost();
      bodyOf(
        await tenant.admin.post(`/v1/operations/${id}/resolve`, {
          outcome: 'applied',
          then: 'close',
          note: 'seen at SNS',
        }),
        200,
      );
      expect((await detail(id)).state).toBe('succeeded');
      expect(await countOf(message)).toBe(1);
    });

    it('waits for a person, who closes it as absent', async () => {
      const { id } = await lost();
      bodyOf(await tenant.admin.post(`/v1/operations/${id}/resolve`, { outcome: 'absent', then: 'close' }), 200);
      expect((await detail(id)).state).toBe('cancelled');
    });

    it('sends nothing again that was applied', async () => {
      const { id, message } = await lost();
      const answer = await tenant.admin.post(`/v1/operations/${id}/resolve`, { outcome: 'applied', then: 'resend' });
      expect(answer.status).toBe(422);
      expect((await detail(id)).state).toBe('needs_review');
      expect(await countOf(message)).toBe(1);
    });
  });

  it('can be cancelled while it waits, and not afterwards', async () => {
    bodyOf(await fault({ status: 400, code: 'Throttled', times: 1 }), 201);
    const body = some();
    const answer = await publish(body, { prefer: 'respond-async' });
    const id = String(answer.headers['location']).split('/').at(-1) ?? '';
    await until(async () => (await detail(id)).attempts.length === 1, {
      withinMs: 10_000,
      everyMs: 20,
      what: 'it was throttled once',
    });
    bodyOf(await tenant.admin.post(`/v1/operations/${id}/cancel`), 200);
    expect((await detail(id)).state).toBe('cancelled');
    expect(statusAndCode(await tenant.admin.post(`/v1/operations/${id}/cancel`))).toEqual([
      409,
      'OPERATION_STATE_CONFLICT',
    ]);
    expect(await countOf(body.message)).toBe(0);
  });

  it('is made when it was asked for, at most 30 days ahead, and can be cancelled until then', async () => {
    const at = (ms: number): string => encodeURIComponent(new Date(Date.now() + ms).toISOString());
    const body = some();
    const due = Date.now() + 700;
    const soon = await publish(body, {}, `?notBefore=${encodeURIComponent(new Date(due).toISOString())}&priority=bulk`);
    expect(soon.status).toBe(202);
    const done = await tenant.client.get(`${String(soon.headers['location'])}?waitMs=20000`);
    expect(bodyOf<OperationDetail>(done, 200).state).toBe('succeeded');
    expect(Date.now()).toBeGreaterThanOrEqual(due);
    expect(await countOf(body.message)).toBe(1);

    const later = some();
    const { operationId: id } = bodyOf<{ operationId: string }>(
      await publish(later, {}, `?notBefore=${at(29 * 86_400_000)}`),
      202,
    );
    bodyOf(await tenant.admin.post(`/v1/operations/${id}/cancel`), 200);
    expect((await detail(id)).state).toBe('cancelled');
    for (const query of [`?notBefore=${at(31 * 86_400_000)}`, '?priority=urgent', '?notBefore=tomorrow'])
      expect(statusAndCode(await publish(later, {}, query))).toEqual([422, 'INVALID_INPUT']);
    const read = `/v1/integrations/sns/operations/getTopicAttributes?notBefore=${at(1_000)}`;
    expect(statusAndCode(await tenant.client.post(read, { topicArn: tenant.topicArn }))).toEqual([
      422,
      'READ_LEAVES_NO_ROW',
    ]);
  });

  it('is done again by retry as a new operation, linked to the finished one', async () => {
    const refused = await publish({ ...some(), topicArn: tenant.topicArn.replace('-news', '-later') });
    const id = (refused.body as Problem).operationId ?? '';
    await tenant.createTopic(`${tenant.name}-later`);
    const { operationId } = bodyOf<{ operationId: string }>(await tenant.admin.post(`/v1/operations/${id}/retry`));
    expect(operationId).not.toBe(id);
    expect(await ends(operationId, 'succeeded')).toMatchObject({ replayOf: id });
    expect((await detail(id)).state).toBe('rejected');
  });

  it('is done again with many others by a filter, once for a key, behind a dry run, and the audit log says who', async () => {
    const name = `bulk${randomUUID().slice(0, 8)}`;
    const refused = [1, 2].map(() => publish({ ...some(), topicArn: tenant.topicArn.replace('-news', `-${name}`) }));
    const old = (await Promise.all(refused)).map(({ body }) => (body as Problem).operationId ?? '');
    await tenant.createTopic(`${tenant.name}-${name}`);
    const ask = (body: object, key = randomUUID()) =>
      tenant.admin.post('/v1/operations/replay', body, { 'idempotency-key': key });
    const dry = bodyOf<ReplayAnswer>(await ask({ filter: { ids: old }, dryRun: true }), 200);
    expect(dry.items.map(({ of, operationId }) => [old.includes(of), operationId])).toEqual([
      [true, null],
      [true, null],
    ]);
    const key = randomUUID();
    const answer = await ask({ filter: { ids: old } }, key);
    const { id, items } = bodyOf<ReplayAnswer>(answer, 202);
    expect(bodyOf<ReplayAnswer>(await ask({ filter: { ids: old } }, key), 202)).toEqual({ ...(answer.body as object) });
    for (const { of, operationId } of items)
      expect(await ends(operationId ?? '', 'succeeded')).toMatchObject({ replayOf: of });
    const location = String(answer.headers['location']);
    expect(bodyOf(await tenant.admin.get(location), 200)).toMatchObject({ id, states: { succeeded: 2 } });
    const byHand = await puente('operations', 'replay', '--tenant', tenant.id, '--id', old.join(','));
    const again = JSON.parse(byHand.stdout) as ReplayAnswer;
    expect(again.skipped.map(({ reason }) => reason)).toEqual(['replayed', 'replayed']);
    const { items: entries } = bodyOf<{ items: { action: string; target: string }[] }>(
      await tenant.audit.get('/v1/audit?limit=100'),
      200,
    );
    expect(entries.filter(({ target }) => target === `replay:${String(id)}`).length).toBe(1);
  });

  it('is listed by state and provider, page by page', async () => {
    const read = async (query: string) =>
      bodyOf<OperationPage>(await tenant.client.get(`/v1/operations?${query}`), 200);
    const all = (await read('provider=sns&state=succeeded&limit=100')).items;
    expect(all.every(({ state, provider }) => state === 'succeeded' && provider === 'sns')).toBe(true);
    const first = await read('provider=sns&state=succeeded&limit=2');
    const second = await read(`provider=sns&state=succeeded&limit=2&cursor=${first.next ?? ''}`);
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(all.slice(0, 4).map(({ id }) => id));
    const ended = (await read('state=rejected,cancelled&limit=100')).items.map(({ state }) => state);
    expect([...new Set(ended)].sort()).toEqual(['cancelled', 'rejected']);
    expect(await read('integration=second')).toEqual({ items: [], next: null });
    expect(statusAndCode(await tenant.client.get('/v1/operations?state=succeeded,lost'))).toEqual([
      422,
      'INVALID_INPUT',
    ]);
  });

  it('is found by the key of its request, and can be followed once it is settled', async () => {
    const key = randomUUID();
    const before = new Date().toISOString();
    const { operationId } = bodyOf<{ operationId: string }>(await publish(some(), { 'idempotency-key': key }), 200);
    const routeKey = encodeURIComponent(`POST ${PUBLISH}:${key}`);
    const read = async (query: string) =>
      bodyOf<OperationPage>(await tenant.client.get(`/v1/operations?${query}`), 200).items.map(({ id }) => id);

    expect(await read(`routeKey=${routeKey}`)).toEqual([operationId]);
    expect(await read(`settledSince=${before}&provider=sns`)).toContain(operationId);
    expect(await read(`settledSince=${new Date(Date.now() + 60_000).toISOString()}`)).toEqual([]);
  });

  it('is waited for until it is settled elsewhere, and no longer than was asked', async () => {
    bodyOf(await fault({ delayMs: 1_200 }), 201);
    const answer = await publish(some(), { prefer: 'respond-async' });
    const location = String(answer.headers['location']);
    const begun = performance.now();
    expect(bodyOf<OperationDetail>(await tenant.client.get(`${location}?waitMs=100`), 200).state).not.toBe('succeeded');
    expect(bodyOf<OperationDetail>(await tenant.client.get(`${location}?waitMs=60000`), 200).state).toBe('succeeded');
    expect(performance.now() - begun).toBeLessThan(20_000);
  });
});
