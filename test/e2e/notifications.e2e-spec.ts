import { randomUUID } from 'node:crypto';
import { control, sandboxFacts } from '../support/sandbox';
import { bodyOf, statusAndCode } from '../support/sandbox-client';
import { type ReadyTenant, SandboxTenant } from '../support/sandbox-tenant';

describe('POST /v1/notifications', () => {
  let tenant: ReadyTenant;
  const some = (change: object = {}) => ({
    topic: tenant.topicArn,
    subject: 'Pedido 42',
    message: `Va en camino 🚚 ${randomUUID()}`,
    ...change,
  });
  const publishedOf = async (message: string) =>
    (await tenant.received(tenant.topicArn)).filter((effect) => effect.message === message);

  beforeAll(async () => {
    tenant = await SandboxTenant.createReady(sandboxFacts());
  });

  it('is accepted at once, published once, and its journey can be read', async () => {
    const body = some({ message: `Línea 1\nLínea 2 "comillas" \\ 👩‍👩‍👧 ${randomUUID()}`, group: 'pedidos' });
    const answer = await tenant.notify(body);
    const { id } = bodyOf<{ id: string }>(answer, 202);
    const journey = await tenant.journeyEnds(id, 'published');

    const [effect, ...more] = await publishedOf(body.message);
    expect(more).toEqual([]);
    expect(effect).toMatchObject({ operation: 'Publish', topicArn: tenant.topicArn, subject: body.subject });
    expect(journey.snsMessageId).toBe(effect?.messageId);
    expect(answer.headers['location']).toBe(`/v1/notifications/${id}`);
  });

  it('is listed, newest first', async () => {
    const first = bodyOf<{ id: string }>(await tenant.notify(some())).id;
    const second = bodyOf<{ id: string }>(await tenant.notify(some())).id;
    const { items } = bodyOf<{ items: { id: string }[] }>(await tenant.client.get('/v1/notifications?limit=2'));
    expect(items.map(({ id }) => id)).toEqual([second, first]);
  });

  it('gives the same answer to the same Idempotency-Key and publishes once', async () => {
    const body = some();
    const key = randomUUID();
    const first = await tenant.notify(body, key);
    const again = await tenant.notify(body, key);
    const { id } = bodyOf<{ id: string }>(first, 202);
    await tenant.journeyEnds(id, 'published');
    const later = await tenant.notify(body, key);

    expect([again.status, later.status]).toEqual([202, 202]);
    expect([again, later].map((answer) => (answer.body as { id: string }).id)).toEqual([id, id]);
    expect(await publishedOf(body.message)).toHaveLength(1);
  });

  it('refuses the same Idempotency-Key with another body (T28)', async () => {
    const key = randomUUID();
    const body = some();
    const { id } = bodyOf<{ id: string }>(await tenant.notify(body, key), 202);
    expect(statusAndCode(await tenant.notify({ ...body, message: 'otra cosa' }, key))).toEqual([
      422,
      'IDEMPOTENCY_KEY_REUSED',
    ]);
    await tenant.journeyEnds(id, 'published');
    expect((await tenant.received(tenant.topicArn)).filter(({ message }) => message === 'otra cosa')).toEqual([]);
  });

  it('accepts one of twenty that arrive together with one key (T28)', async () => {
    const key = randomUUID();
    const body = some();
    const answers = await Promise.all(Array.from({ length: 20 }, () => tenant.notify(body, key)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const ids = new Set(answers.map((answer) => (answer.body as { id: string }).id));
    expect(ids.size).toBe(1);
    await tenant.journeyEnds([...ids][0] ?? '', 'published');
    expect(await publishedOf(body.message)).toHaveLength(1);
  });

  it('keeps keys of two tenants apart (T28)', async () => {
    const other = await SandboxTenant.createReady(sandboxFacts());
    const key = randomUUID();
    const mine = bodyOf<{ id: string }>(await tenant.notify(some(), key), 202).id;
    const theirs = bodyOf<{ id: string }>(
      await other.notify({ topic: other.topicArn, subject: 's', message: 'm' }, key),
      202,
    ).id;
    expect(theirs).not.toBe(mine);
  });

  it('shows a text that the queue took for a repeat as such, linked to the first', async () => {
    const body = some();
    const first = bodyOf<{ id: string }>(await tenant.notify(body)).id;
    await tenant.journeyEnds(first, 'published');
    const second = bodyOf<{ id: string }>(await tenant.notify(body)).id;
    const journey = await tenant.journeyEnds(second, 'deduplicated');
    expect(journey.deduplicatedOf).toBe(first);
    expect(await publishedOf(body.message)).toHaveLength(1);
  });

  it('publishes the same text again when the queue has forgotten it: tomorrow’s reminder arrives', async () => {
    const body = some();
    const first = bodyOf<{ id: string }>(await tenant.notify(body)).id;
    await tenant.journeyEnds(first, 'published');
    bodyOf(await control().post('/_sandbox/sqs/clock', { advanceMs: 301_000 }));
    const second = bodyOf<{ id: string }>(await tenant.notify(body)).id;
    await tenant.journeyEnds(second, 'published');
    expect(await publishedOf(body.message)).toHaveLength(2);
  });

  it('reaches subscribers: an e-mail with the subject, a text message with the message', async () => {
    const phone = `+5699${String(Math.floor(Math.random() * 1e7)).padStart(7, '0')}`;
    const address = `${tenant.name}@example.com`;
    const subscribe = '/v1/integrations/sns/operations/subscribe';
    for (const [protocol, endpoint] of [
      ['email', address],
      ['sms', phone],
    ]) {
      bodyOf(await tenant.client.post(subscribe, { topicArn: tenant.topicArn, protocol, endpoint }), 200);
    }
    const body = some();
    const { id } = bodyOf<{ id: string }>(await tenant.notify(body), 202);
    await tenant.journeyEnds(id, 'published');
    const inbox = async (endpoint: string) =>
      bodyOf<object[]>(await control().get(`/_sandbox/sns/inbox?endpoint=${encodeURIComponent(endpoint)}`), 200);
    expect(await inbox(address)).toEqual([expect.objectContaining({ subject: body.subject, message: body.message })]);
    expect(await inbox(phone)).toEqual([expect.objectContaining({ message: body.message })]);
    expect(await inbox(phone)).toEqual([expect.not.objectContaining({ subject: body.subject })]);
  });

  it('keeps the order inside a group', async () => {
    const marks = Array.from({ length: 30 }, (_, n) => `orden ${String(n)} ${randomUUID()}`);
    for (const message of marks) bodyOf(await tenant.notify(some({ message, group: 'ordered' })), 202);
    const last = marks.at(-1) ?? '';
    const { id } = bodyOf<{ items: { id: string }[] }>(await tenant.client.get('/v1/notifications?limit=1'))
      .items[0] ?? { id: '' };
    await tenant.journeyEnds(id, 'published');
    const seen = (await tenant.received(tenant.topicArn))
      .map(({ message }) => message)
      .filter((message) => marks.includes(message));
    expect(seen).toEqual(marks);
    expect(seen.at(-1)).toBe(last);
  });

  it('publishes to a FIFO topic with its group', async () => {
    const topic = await tenant.createTopic(`${tenant.name}-fifo.fifo`);
    const { id } = bodyOf<{ id: string }>(await tenant.notify(some({ topic, group: 'caja-7' })), 202);
    await tenant.journeyEnds(id, 'published');
    expect(await tenant.received(topic)).toEqual([expect.objectContaining({ groupId: 'caja-7' })]);
  });

  it('says 409 where no queue is bound', async () => {
    const bare = await SandboxTenant.create(sandboxFacts());
    expect(statusAndCode(await bare.notify(some()))).toEqual([409, 'NOTIFICATION_QUEUE_MISSING']);
  });

  describe('handlers', () => {
    it('sends an event where its handler says', async () => {
      const elsewhere = await tenant.createTopic(`${tenant.name}-elsewhere`);
      bodyOf(
        await tenant.admin.put('/v1/notifications/handlers/order.paid', { topicArn: elsewhere, onUnknown: 'review' }),
      );
      const body = some({ event: 'order.paid' });
      const { id } = bodyOf<{ id: string }>(await tenant.notify(body), 202);
      await tenant.journeyEnds(id, 'published');
      expect((await tenant.received(elsewhere)).map(({ message }) => message)).toEqual([body.message]);
      expect(await publishedOf(body.message)).toEqual([]);
    });

    it('acknowledges and skips what a switched-off handler gets', async () => {
      bodyOf(await tenant.admin.put('/v1/notifications/handlers/promo', { enabled: false }));
      const body = some({ event: 'promo' });
      const { id } = bodyOf<{ id: string }>(await tenant.notify(body), 202);
      await tenant.journeyEnds(id, 'skipped');
      expect(await publishedOf(body.message)).toEqual([]);
    });

    it('can be read, listed and removed', async () => {
      const path = `/v1/notifications/handlers/${encodeURIComponent(tenant.topicArn)}`;
      bodyOf(await tenant.admin.put(path, { onUnknown: 'drop' }));
      expect(bodyOf<object>(await tenant.admin.get(path))).toMatchObject({
        kind: tenant.topicArn,
        onUnknown: 'drop',
        enabled: true,
      });
      expect((await tenant.admin.delete(path)).status).toBe(204);
      expect(statusAndCode(await tenant.admin.get(path))).toEqual([404, 'NOTIFICATION_HANDLER_NOT_FOUND']);
    });
  });
});
