import { HostResolver } from '@puente/egress';
import { until } from '../../../../test/support/sandbox-until';
import { webhooksFixture } from '../../../../test/support/webhooks.fixture';
import { origin } from '../../../../test/support/webhooks-world';
import { EndpointTest } from './endpoint-test';

/** A tenant's own name server: it says what suits the tenant, from one moment to the next. */
class TenantsNames extends HostResolver {
  leadsTo = '93.184.216.34';
  asked = 0;

  async resolve(): Promise<readonly string[]> {
    this.asked += 1;
    return [this.leadsTo];
  }
}

/** Done when 3 of the webhooks: nothing on loopback is ever connected to, wherever a name led when it was looked at. */
describe('a name that leads inside once it has been looked at (T17)', () => {
  const names = new TenantsNames();
  const { world, tenant, publish, patch, ...webhooks } = webhooksFixture({
    settings: { EGRESS_ALLOWED_CIDRS: '' },
    resolver: names,
  });
  beforeEach(async () => {
    names.leadsTo = '93.184.216.34';
  });
  afterEach(() => {
    expect(world().receiver.connections).toBe(0);
  });

  const url = () => `https://flips.example:${String(world().receiver.port)}/in`;
  const endpoint = () => webhooks.endpoint('/in', { url: url() });
  const refused = () =>
    until(
      async () => {
        const tries = await world().sql(`SELECT provider_code FROM attempts WHERE tenant_id = $1`, [tenant()]);
        return tries.length > 0 && tries.map(({ provider_code: code }) => code);
      },
      { withinMs: 10_000, what: 'it was tried' },
    );

  it('is refused when it is saved, new or in place of another', async () => {
    const { id } = await endpoint();
    for (const inside of ['127.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.1']) {
      names.leadsTo = inside;
      await expect(endpoint()).rejects.toMatchObject({ code: 'EGRESS_ADDRESS_REFUSED' });
      const moved = patch(id, { url: url() });
      await expect(moved).rejects.toMatchObject({ code: 'EGRESS_ADDRESS_REFUSED' });
    }
  });

  it('is refused at the delivery of an event, which goes on by the schedule', async () => {
    await endpoint();
    names.leadsTo = '127.0.0.1';
    const before = names.asked;
    await publish();

    expect(await refused()).toEqual(['EGRESS_ADDRESS_REFUSED']);
    expect(names.asked).toBeGreaterThan(before);
    const [operation] = await world().sql(`SELECT state, maybe_sent FROM operations WHERE tenant_id = $1`, [tenant()]);
    expect(operation).toEqual({ state: 'queued', maybe_sent: false });
  });

  it('is refused at the test of an endpoint', async () => {
    const { id } = await endpoint();
    names.leadsTo = '127.0.0.1';
    await world().get(EndpointTest).send(tenant(), id, origin);

    expect(await refused()).toEqual(['EGRESS_ADDRESS_REFUSED']);
  });
});
