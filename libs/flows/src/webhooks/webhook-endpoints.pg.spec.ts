import { createHmac } from 'node:crypto';
import { IntegrationsAdmin, IntegrationViews } from '@puente/tenancy';
import { webhooksFixture } from '../../../../test/support/webhooks.fixture';
import { origin, type ReceivedWebhook } from '../../../../test/support/webhooks-world';
import { EndpointRemoval } from './endpoint-removal';
import { WebhookEndpoints } from './webhook-endpoints';
import { RotateSecretBody } from './webhooks.schemas';

/** As a receiver verifies it, from what came over the wire. */
function signaturesOf({ headers }: ReceivedWebhook): string[] {
  return String(headers['webhook-signature']).split(' ');
}

function expected(secret: string, { headers, body }: ReceivedWebhook): string {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}

describe('webhook endpoints', () => {
  const { world, tenant, endpoint, see, patch, publish } = webhooksFixture();
  const endpoints = () => world().get(WebhookEndpoints);
  const removal = () => world().get(EndpointRemoval);
  const rotate = (id: string, body: object) => endpoints().rotate(tenant(), id, RotateSecretBody.parse(body), origin);

  it('are used at once, although nobody answers there yet, and show their secret this once', async () => {
    world().receiver.answers.set('/later', 500);
    const made = await endpoint('/later', { headers: { 'x-token': 'hush-hush' }, ratePerSecond: 50 });

    expect(made.secrets).toEqual([{ kind: 'v1', secret: expect.stringMatching(/^whsec_/) as string, publicKey: null }]);
    const seen = await see(made.id);
    expect(seen).toMatchObject({ enabled: true, headerNames: ['x-token'], ratePerSecond: 50, eventTypes: ['*'] });
    const everything = JSON.stringify([seen, await endpoints().list(tenant())]);
    expect(everything).not.toContain('hush-hush');
    expect(everything).not.toContain(made.secrets[0]?.secret ?? 'none');
    expect(await world().sql(`SELECT FROM tenant_integrations WHERE name = $1 AND is_active`, [made.id])).toHaveLength(
      1,
    );
  });

  it('get what they subscribed to, signed with their secret over the bytes that came', async () => {
    const made = await endpoint('/signed', { eventTypes: ['order.*'], headers: { 'x-token': 't-1' } });
    await endpoint('/other', { eventTypes: ['refund.*', 'order'] });

    expect(await publish('order.paid', { data: '{"amount":1500.00}' })).toMatchObject({ deliveries: 1, held: 0 });
    const [came] = await world().arrived('/signed');
    if (!came) throw new Error('nothing came');

    expect(JSON.parse(came.body)).toEqual({
      type: 'order.paid',
      timestamp: expect.stringMatching(/^\d{4}-/) as string,
      data: { amount: 1500 },
    });
    expect(came.body).toContain('"data":{"amount":1500.00}');
    expect(came.headers).toMatchObject({ 'x-token': 't-1', 'content-type': 'application/json' });
    expect(signaturesOf(came)).toEqual([expected(made.secrets[0]?.secret ?? '', came)]);
    expect(world().receiver.at('/other')).toEqual([]);
  });

  it('are signed with old and new secrets during the overlap, and with the new one alone without it', async () => {
    const made = await endpoint('/rotating', { signatures: ['v1', 'v1a'] });
    const first = made.secrets[0]?.secret ?? '';
    const second = (await rotate(made.id, { overlapSeconds: 60 })).secrets[0]?.secret ?? '';
    await publish('a.b');
    const [both] = await world().arrived('/rotating');
    if (!both) throw new Error('nothing came');

    expect(signaturesOf(both)).toHaveLength(4);
    expect(signaturesOf(both)).toEqual(expect.arrayContaining([expected(first, both), expected(second, both)]));
    expect((await see(made.id)).signingKeys).toHaveLength(4);

    const third = (await rotate(made.id, { overlapSeconds: 0 })).secrets[0]?.secret ?? '';
    await publish('a.b');
    const [, last] = await world().arrived('/rotating', 2);
    if (!last) throw new Error('nothing came');
    expect(signaturesOf(last).filter((one) => one.startsWith('v1,'))).toEqual([expected(third, last)]);
  });

  it('sign with ten secrets at most: who rotates faster is told how to go on', async () => {
    const { id } = await endpoint('/often', { signatures: ['v1', 'v1a'] });
    for (let n = 0; n < 4; n += 1) await rotate(id, {});

    await expect(rotate(id, {})).rejects.toMatchObject({ code: 'SIGNING_SECRETS_FULL', most: 10 });
    await rotate(id, { overlapSeconds: 0 });
    expect((await see(id)).signingKeys).toHaveLength(2);
  });

  it('take a secret of one’s own', async () => {
    const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
    const made = await endpoint('/own', { secret });
    expect(made.secrets).toEqual([{ kind: 'v1', secret, publicKey: null }]);
  });

  it('lose what has expired', async () => {
    const { id } = await endpoint('/expiring');
    await rotate(id, { overlapSeconds: 1 });
    await world().advance('2 seconds');
    await endpoints().removeExpired(tenant(), id);

    expect((await see(id)).signingKeys).toEqual([{ kind: 'v1' }]);
    expect(
      await world().sql(`SELECT FROM webhook_endpoints WHERE id = $1 AND keys_expire_at IS NULL`, [id]),
    ).toHaveLength(1);
  });

  it('keep their signing secrets at another address, but not the values of headers at another host', async () => {
    const { id } = await endpoint('/here', { headers: { 'x-token': 't-1' } });
    const elsewhere = 'http://127.0.0.1:9/there';

    expect((await patch(id, { url: world().receiver.url('/there') })).url).toBe(world().receiver.url('/there'));
    await expect(patch(id, { url: elsewhere })).rejects.toMatchObject({
      code: 'SECRETS_REQUIRED',
      errors: [{ path: 'headers.x-token', message: 'must be sent again' }],
    });
    await expect(patch(id, { url: 'http://10.0.0.7/' })).rejects.toMatchObject({ code: 'EGRESS_URL_REFUSED' });
  });

  it('hold what is published while they are disabled, and wait with what was on its way', async () => {
    const { id } = await endpoint('/off', { enabled: false });
    expect(await see(id)).toMatchObject({ enabled: false, disabledReason: 'admin' });
    expect(await publish('a')).toMatchObject({ deliveries: 1, held: 1 });

    expect(await patch(id, { enabled: true })).toMatchObject({ enabled: true, disabledAt: null });
    expect(await publish('a')).toMatchObject({ deliveries: 1, held: 0 });
    expect(await world().arrived('/off')).toHaveLength(1);
  });

  it('are listed page by page, and gone when they are removed, with all that opens them', async () => {
    const made = [];
    for (const n of [1, 2, 3]) made.push(await endpoint(`/page/${String(n)}`, { userId: n === 2 ? 'u' : null }));
    const first = await endpoints().list(tenant(), {}, undefined, 2);
    const second = await endpoints().list(tenant(), {}, first.next ?? undefined, 2);
    const ids = made.map(({ id }) => id).reverse();

    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
    expect(second.next).toBeNull();
    expect((await endpoints().list(tenant(), { userId: 'u' })).items.map(({ id }) => id)).toEqual([made[1]?.id]);

    const gone = made[0]?.id ?? '';
    await removal().remove(tenant(), gone, origin);
    await expect(see(gone)).rejects.toMatchObject({ code: 'WEBHOOK_ENDPOINT_NOT_FOUND' });
    expect(await world().sql(`SELECT FROM tenant_integrations WHERE name = $1`, [gone])).toEqual([]);
    expect(await world().sql(`SELECT FROM webhook_subscriptions WHERE endpoint_id = $1`, [gone])).toEqual([]);
  });

  it('are changed here, and not as the integration that each of them is', async () => {
    const { id } = await endpoint('/managed');
    const ref = { tenantId: tenant(), provider: 'webhooks', name: id };
    const admin = world().get(IntegrationsAdmin);
    const managed = { code: 'INTEGRATION_MANAGED', managedBy: '/v1/webhook-endpoints' };

    await expect(admin.delete(origin, ref)).rejects.toMatchObject(managed);
    const config = { url: 'https://example.com/elsewhere' };
    await expect(admin.patch(origin, ref, { config })).rejects.toMatchObject(managed);
    expect(await world().get(IntegrationViews).list(tenant())).toEqual([]);
    expect((await see(id)).url).toBe(world().receiver.url('/managed'));
  });

  it('are not there for another tenant', async () => {
    const { id } = await endpoint('/mine');
    const other = await world().tenant();
    const works = [
      () => endpoints().get(other, id),
      () => endpoints().patch(other, id, { enabled: false }, origin),
      () => endpoints().rotate(other, id, RotateSecretBody.parse({}), origin),
      () => removal().remove(other, id, origin),
    ];
    for (const work of works) await expect(work()).rejects.toMatchObject({ code: 'WEBHOOK_ENDPOINT_NOT_FOUND' });
  });
});
