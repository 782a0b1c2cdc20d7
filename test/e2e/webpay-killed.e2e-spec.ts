import { comeBack, WebpayPayer } from '@puente/providers/webpay/testing';
import { sandboxDataDir, sandboxFacts } from '../support/sandbox';
import { bodyOf } from '../support/sandbox-client';
import { asDatabaseOwner } from '../support/sandbox-database';
import { ExtraProcess } from '../support/sandbox-extra';
import { SandboxTenant } from '../support/sandbox-tenant';
import { until } from '../support/sandbox-until';
import { takesPayments } from '../support/webpay-account';

interface Call {
  readonly operation: string;
  readonly token?: string;
}

/** An api of its own that is killed while Webpay holds its call; the sandbox's processes find out what became of it. */
describe('a process that is killed with a payment in its hands', () => {
  let tenant: SandboxTenant;
  let doomed: ExtraProcess;
  const sandbox = `${sandboxFacts().sandboxUrl}/_sandbox/webpay`;
  const payer = new WebpayPayer(sandboxFacts().sandboxUrl);
  const configure = (config: object) => fetch(`${sandbox}/config`, { method: 'POST', body: JSON.stringify(config) });
  const received = async () => (await (await fetch(`${sandbox}/received`)).json()) as Call[];

  beforeAll(async () => {
    tenant = await SandboxTenant.create(sandboxFacts());
    await takesPayments(tenant);
    doomed = await ExtraProcess.start('api');
  });
  afterAll(async () => {
    await configure({ commitLatencyMs: 0 });
    doomed.signal('SIGKILL');
    await doomed.ended();
  });

  it('T11: kill -9 during the commit, and T04: the other process: paid once, never lost, never twice', async () => {
    const order = { reference: 'killed', amount: 9_990 };
    const payment = bodyOf<{ id: string; token: string }>(await tenant.client.post('/v1/payments', order), 201);
    const back = await payer.approve(payment.token);
    await configure({ commitLatencyMs: 1_000 });
    const gone = fetch(back.url.replace(sandboxFacts().apiUrl, doomed.url)).catch(() => undefined);
    const see = async () =>
      bodyOf<{ state: string; history: { type: string; to: string | null }[] }>(
        await tenant.client.get(`/v1/payments/${payment.id}`),
        200,
      );
    await until(async () => (await see()).state === 'committing', { withinMs: 5_000, what: 'the commit runs', everyMs: 20 }); // prettier-ignore
    await new Promise((resolve) => setTimeout(resolve, 200));
    doomed.signal('SIGKILL');
    await Promise.all([doomed.ended(), gone]);
    await expireLeases(tenant.id);
    const answer = await (await comeBack(back)).text(); // it waits for whoever finds out
    expect(answer).toContain('Pago aprobado');

    const paid = await until(async () => ((one) => one.state === 'paid' && one)(await see()), { withinMs: 25_000, what: 'it is paid' }); // prettier-ignore
    expect(paid.history.filter(({ to }) => to === 'paid')).toHaveLength(1);
    const commits = (await received()).filter(
      ({ operation, token }) => operation === 'commit' && token === payment.token,
    );
    expect(commits).toHaveLength(1);
  });
});

/** As if the time of the dead process's leases were over; a lease lasts longer than a call may take. */
async function expireLeases(tenantId: string): Promise<void> {
  await asDatabaseOwner(sandboxDataDir(), (client) =>
    client.query(
      `UPDATE operations SET lease_until = puente_now() - interval '1 second' WHERE tenant_id = $1 AND state = 'running'`,
      [tenantId],
    ),
  );
}
