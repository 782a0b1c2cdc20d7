import { LaneProbes } from '@puente/integrations';
import { AccountingWorld, type PostedMove } from '../../../../test/support/accounting-world';
import { until } from '../../../../test/support/sandbox-until';
import { DEFAULT_ROUTES } from './default-routes';

const [move] = DEFAULT_ROUTES;
const BANK = { name: '102.01' };
const LOAD = {
  ...{ ...move, via: 'load', bind: undefined },
  load: {
    ...{ model: 'account.move', journal: { name: 'MISC' } },
    ...{ cargo: { debit: { id: 13 }, credit: BANK }, abono: { debit: BANK, credit: { id: 12 } } },
    fields: { ref: 'txn:{body.transaction_id}' },
  },
};

/** The flow, the ledger with its dispatcher, the provider, and an Odoo at the other end. */
describe('accounting at Odoo', () => {
  let world: AccountingWorld;
  let tenant: string;
  let last = 0;

  beforeAll(async () => {
    world = await AccountingWorld.start({ odoo: true });
  });
  afterAll(() => world.stop());
  beforeEach(async () => {
    tenant = await world.tenant();
    await world.odoo.order('odoo/behaviour', { lockDate: null, databases: ['puente'] });
  });

  /** A transaction nobody has had before. */
  const transaction = (): number => (last += 1);
  const body = (amount: string, given: object = {}): string =>
    JSON.stringify({ transaction_id: transaction(), finalitix_type: 'cargo', description: 'Pago', ...given }).replace(/}$/, `,"amount":${amount}}`); // prettier-ignore
  const odooOf = async (...ids: number[]): Promise<PostedMove[]> => {
    const refs = new Set(ids.map(String));
    return (await world.posted()).filter(({ transactionId, ref }) =>
      refs.has(transactionId ?? ref?.split(':')[1] ?? ''),
    );
  };
  const failed = async (): Promise<{ state: string; problem: string; words: string }> => {
    const [entry] = await world.ended(tenant, 'rejected', 1);
    const [row] = await world.sql<{ words: string }>('SELECT failure_message AS words FROM operations WHERE id = $1', [entry?.operationId]); // prettier-ignore
    return { state: entry?.state ?? '', problem: entry?.problem?.message ?? '', words: row?.words ?? '' };
  };

  describe.each([17, 19] as const)('%i', (version) => {
    beforeEach(() => world.connect(tenant, { version }));

    it.each([
      ['ledger', {}],
      ['load', LOAD],
    ])('gets amounts to the last digit by way of %s', async (_, route) => {
      await world.routes(tenant, { ...move, ...route });
      const amounts = ['0.10', '99999999999.99', '1500.00', '0.01'];
      const from = last;
      await world.deliver(tenant, ...amounts.map((amount) => ({ body: body(amount) })));
      await world.ended(tenant, 'succeeded', amounts.length);

      const posted = await odooOf(from + 1, from + 2, from + 3, from + 4);
      expect(posted.map(({ amount }) => amount).sort()).toEqual(['0.01', '0.1', '1500', '99999999999.99']);
      for (const { lines } of posted) {
        const [debit, credit] = lines;
        expect([lines.length, debit?.debit, debit?.account_id, credit?.account_id]).toEqual([
          2,
          credit?.credit,
          13,
          10,
        ]);
      }
    });

    it('gets three decimals of a currency that has them', async () => {
      const dinars = { currency: 'KWD', path: 'body.amount' };
      await world.routes(tenant, { ...LOAD, amount: dinars, load: { ...LOAD.load, journal: { name: 'KWD1' } } });
      await world.deliver(tenant, { body: body('99999999999.999') });
      await world.ended(tenant, 'succeeded', 1);

      expect(await odooOf(last)).toMatchObject([{ amount: '99999999999.999' }]);
    });

    it('gets a message once that comes again and again', async () => {
      const text = body('7.50');
      await world.deliver(tenant, { body: text }, { body: text });
      await world.ended(tenant, 'succeeded', 1);
      await world.deliver(tenant, { body: text });
      await world.move(tenant, text);

      expect(await odooOf(last)).toHaveLength(1);
    });

    it('gets a partner, and the entry says its number', async () => {
      const { id } = await world.partner(tenant, { accountId: 77, finalitixUserId: `u-${String(version)}` });
      const entry = await until(async () => ((one) => one.settledAt !== null && one)(await world.see(tenant, 'partner', id)), { withinMs: 10_000, what: 'the partner' }); // prettier-ignore

      expect(entry).toMatchObject({ state: 'succeeded', duplicate: false, odooId: expect.any(Number) as number });
    });
  });

  describe('refuses for good, in its own words', () => {
    beforeEach(() => world.connect(tenant));

    it('a closed period', async () => {
      await world.odoo.order('odoo/behaviour', { lockDate: '2999-12-31' });
      await world.deliver(tenant, { body: body('5.00') });

      const { problem, words } = await failed();
      expect(problem).toMatch(/You cannot add\/modify entries prior to .*2999-12-31/);
      expect(words).toBe(problem);
    });

    it.each([
      [
        'an account that is not there',
        { ...LOAD.load, cargo: { debit: { name: '999.99' }, credit: BANK } },
        'MXN',
        /999\.99/,
      ],
      ['a currency that it does not keep', LOAD.load, 'EUR', /EUR/],
    ])('%s', async (_, load, currency, words) => {
      await world.routes(tenant, { ...LOAD, load, amount: { path: 'body.amount', currency } });
      await world.deliver(tenant, { body: body('5.00') });

      expect((await failed()).problem).toMatch(words);
    });

    it('lines that are not balanced', async () => {
      const message =
        'The entry is not balanced. The total of debits equals 5.00 and the total of credits equals 4.00.';
      await world.odoo.order('odoo/faults', {
        code: 'UserError',
        status: 422,
        message,
        operation: 'call_once',
        times: 1,
      });
      await world.deliver(tenant, { body: body('5.00') });

      expect(await failed()).toMatchObject({ problem: message, words: message });
    });
  });

  it('goes on by itself with what its bad configuration held up; nothing is used up meanwhile, and operators hear of it', async () => {
    await world.connect(tenant);
    await world.odoo.order('odoo/behaviour', { databases: ['another'] });
    const verdicts = await world.deliver(tenant, ...['1.00', '2.00', '3.00'].map((amount) => ({ body: body(amount) })));
    expect(verdicts.map(({ kind }) => kind)).toEqual(['done', 'done', 'done']); // out of the queue: no receives are used up

    const [event] = await until(
      async () => ((rows) => rows.length > 0 && rows)(await world.sql(`SELECT type, subject FROM operator_events WHERE tenant_id = $1 AND type = 'credentials.refused'`, [tenant])), // prettier-ignore
      { withinMs: 10_000, what: 'operators hear of the paused lane' },
    );
    expect(event).toMatchObject({ type: 'credentials.refused', subject: 'integration:odoo/default' });
    const attempts = `SELECT state, attempt, maybe_sent FROM operations WHERE tenant_id = $1`;
    expect(await world.sql(attempts, [tenant])).toEqual([1, 2, 3].map(() => ({ state: 'queued', attempt: 0, maybe_sent: false }))); // prettier-ignore

    const probes = world.get(LaneProbes);
    await world.advance('2 minutes');
    expect(await probes.probeDue()).toBe(0);
    await world.odoo.order('odoo/behaviour', { databases: ['puente'] });
    await world.advance('2 minutes');
    expect(await probes.probeDue()).toBe(1);
    await world.ended(tenant, 'succeeded', 3);
    expect(await odooOf(last - 2, last - 1, last)).toHaveLength(3);
    const told = await world.sql(`SELECT type FROM operator_events WHERE tenant_id = $1 ORDER BY id`, [tenant]);
    expect(told.map(({ type }) => type)).toEqual(['credentials.refused', 'credentials.recovered']);
  });

  it('gets everything after an hour away: in the order of each company, each once, and not all at a time', async () => {
    await world.connect(tenant, { workers: 33 });
    await world.routes(tenant, { ...move, order: '{body.company_id}', bind: { ...move?.bind, omit: ['company_id'] } });
    const [companies, each] = [20, 3];
    const from = last + 1;
    await world.odoo.halt();
    const messages = Array.from({ length: companies * each }, (_, n) =>
      body('5.00', { company_id: (n % companies) + 1 }),
    );
    for (let at = 0; at < messages.length; at += 10)
      await world.deliver(tenant, ...messages.slice(at, at + 10).map((text) => ({ body: text })));

    for (let minute = 0; minute < 60; minute += 10) {
      await parked();
      await world.advance('10 minutes');
    }
    // Of itself the provider is asked one thing at a time; an administrator allows 32 (`PATCH …/lanes`).
    await world.sql(`UPDATE lanes SET max_in_flight = 32 WHERE tenant_id = $1`, [tenant]);
    await world.odoo.restart();
    await world.odoo.order('odoo/behaviour', { workers: 33 });
    await world.odoo.order('odoo/faults', { delayMs: 150, times: companies * each * 2 });
    await drained(companies * each);

    const posted = (await world.posted()).map(({ transactionId }) => Number(transactionId)).filter((id) => id >= from);
    expect([...posted].sort((a, b) => a - b)).toEqual(Array.from({ length: companies * each }, (_, n) => from + n));
    for (let company = 0; company < companies; company += 1) {
      const own = posted.filter((id) => (id - from) % companies === company);
      expect(own).toEqual([...own].sort((a, b) => a - b));
    }
    // RAMP of the ledger: 5 at a time when the circuit closes, 5 more each second; 32 were allowed.
    const most = await mostAtOnce();
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(15);
  }, 60_000);

  /** The lane has found out once more that Odoo is away. */
  const parked = () =>
    until(async () => (await world.sql(`SELECT FROM lanes WHERE tenant_id = $1 AND open_until > puente_now()`, [tenant])).length > 0, { withinMs: 10_000, what: 'the lane is parked' }); // prettier-ignore

  const drained = (count: number) =>
    until(
      async () => {
        const [row] = await world.sql<{ done: number }>(`SELECT count(*) FILTER (WHERE state = 'succeeded')::int AS done FROM operations WHERE tenant_id = $1`, [tenant]); // prettier-ignore
        if (row?.done === count) return true;
        // Nothing is due: on to when something is, or its lane goes on.
        const [idle] = await world.sql<{ ms: number }>(
          `SELECT extract(epoch FROM min(greatest(o.next_attempt_at, coalesce(l.open_until, o.next_attempt_at))) - puente_now()) * 1000 AS ms
           FROM operations o LEFT JOIN lanes l USING (tenant_id, provider, lane_key)
           WHERE o.tenant_id = $1 AND o.state = 'queued' AND NOT o.blocked
             AND NOT EXISTS (SELECT FROM operations r WHERE r.tenant_id = $1 AND r.state = 'running')`, [tenant]); // prettier-ignore
        if (Number(idle?.ms) > 0) await world.advance(`${String(Math.ceil(Number(idle?.ms)))} milliseconds`);
        return false;
      },
      { withinMs: 60_000, what: 'all entries are in the books' },
    );

  /** Calls that were answered, by the times of their tries. */
  const mostAtOnce = async (): Promise<number> => {
    const tries = await world.sql<{ at: Date; change: number }>(
      `SELECT each.at, each.change FROM attempts a, LATERAL (VALUES (a.started_at, 1), (a.ended_at, -1)) AS each (at, change)
       WHERE a.tenant_id = $1 AND a.outcome = 'ok' ORDER BY each.at, each.change`,
      [tenant],
    );
    let [now, most] = [0, 0];
    for (const { change } of tries) most = Math.max(most, (now += change));
    return most;
  };
});
