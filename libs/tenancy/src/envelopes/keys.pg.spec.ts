import { randomBytes } from 'node:crypto';
import { type Clock, type JsonObject, SYSTEM_TENANT_ID, SystemClock, uuidv7 } from '@puente/kernel';
import { KEY_RING, startTenancy, type Tenancy } from '../../../../test/support/tenancy.fixture';
import { EnvelopeUnreadableError, KeyRingInvalidError, KeyRingMismatchError } from './envelope.errors';
import { KeyProvider } from './key-provider.port';
import { MissingKeys } from './missing-keys';
import { TenantDataKeys } from './tenant-data-keys';
import { TenantKeyDatabase } from './tenant-key-database';
import { TenantPayloadCipher } from './tenant-payload-cipher';

const newKey = (kid: string): string => `${kid}:${randomBytes(32).toString('base64')}`;

describe('keys at boot (T10)', () => {
  let tenancy: Tenancy;
  beforeAll(async () => {
    tenancy = await startTenancy();
  });
  afterAll(() => tenancy.close());

  const bootWith = async (KEY_RING: string): Promise<void> => (await tenancy.another({ KEY_RING })).close();
  const failure = (boot: Promise<void>): Promise<unknown> =>
    boot.then(
      () => 'it started',
      (error: unknown) => error,
    );

  it('does not start without a key: there is no mode without encryption', async () => {
    expect(await failure(bootWith(''))).toBeInstanceOf(KeyRingInvalidError);
    expect(await failure(bootWith('test-1:c2hvcnQ='))).toBeInstanceOf(KeyRingInvalidError);
  });

  it('names a key that is missing, and one that is another key under the same name', async () => {
    const missing = await failure(bootWith(newKey('other-1')));
    const wrong = await failure(bootWith(newKey('test-1')));

    expect(missing).toBeInstanceOf(KeyRingMismatchError);
    expect(missing).toMatchObject({ missing: ['test-1'], wrong: [] });
    expect(wrong).toMatchObject({ missing: [], wrong: ['test-1'] });
    expect((wrong as Error).message).toContain('test-1');
  });

  it('writes nothing when it does not start: a wrong ring does not stand in the way of the right one', async () => {
    expect(await failure(bootWith(KEY_RING))).toBe('it started');
    expect(await tenancy.asSuperuser(`SELECT kid FROM encryption_keys`)).toEqual([{ kid: 'test-1' }]);
  });

  it('lets a new key be handed out and taken back before it is used, and holds it to account after', async () => {
    const added = newKey('new-1');
    expect(await failure(bootWith(`${KEY_RING},${added}`))).toBe('it started');
    expect(await failure(bootWith(KEY_RING))).toBe('it started');
    expect(await failure(bootWith(`${added},${KEY_RING}`))).toBe('it started');
    expect(await failure(bootWith(KEY_RING))).toMatchObject({ missing: ['new-1'] });
    expect(await failure(bootWith(`${newKey('new-1')},${KEY_RING}`))).toMatchObject({ wrong: ['new-1'] });
    expect(await failure(bootWith(`${KEY_RING},${added}`))).toBe('it started');
    await tenancy.asSuperuser(`DELETE FROM encryption_keys WHERE kid = 'new-1'`);
  });

  it('lets only one of two processes begin with different keys', async () => {
    const fresh = await startTenancy();
    await fresh.asSuperuser(`DELETE FROM encryption_keys`);
    const boots = ['x-1', 'y-1'].map((kid) =>
      fresh.another({ KEY_RING: `${newKey(kid)},${KEY_RING}` }).then((it) => it.close()),
    );
    const results = await Promise.all(boots.map(failure));
    await fresh.close();

    expect(results.filter((result) => result === 'it started')).toHaveLength(1);
    expect(results.filter((result) => result instanceof KeyRingMismatchError)).toHaveLength(1);
  });

  it('refuses a canary that was tampered with', async () => {
    const [row] = await tenancy.asSuperuser(`SELECT canary FROM encryption_keys WHERE kid = 'test-1'`);
    await tenancy.asSuperuser(`UPDATE encryption_keys SET canary = '{}' WHERE kid = 'test-1'`);
    const error = await failure(bootWith(KEY_RING));
    await tenancy.asSuperuser(`UPDATE encryption_keys SET canary = $1 WHERE kid = 'test-1'`, [
      JSON.stringify(row!.canary),
    ]);

    expect(error).toMatchObject({ wrong: ['test-1'] });
  });
});

describe('payload cipher', () => {
  let tenancy: Tenancy;
  let cipher: TenantPayloadCipher;
  let [a, b] = ['', ''];

  beforeAll(async () => {
    tenancy = await startTenancy({ DATABASE_POOL_MAX: '1' });
    cipher = tenancy.get(TenantPayloadCipher);
    [a, b] = [(await tenancy.tenant()).id, (await tenancy.tenant()).id];
  });
  afterAll(() => tenancy.close());

  const place = (tenantId: string, more = {}): Parameters<TenantPayloadCipher['open']>[0] => ({
    ...{ tenantId, table: 'operations', rowId: '0190-1', column: 'input' },
    ...more,
  });
  const payload = { subject: 'Hola', message: 'ñ 🚀', amount: 12.5, list: [null, true, 'x'] };

  it('opens where it was sealed, in any process', async () => {
    const sealed = await cipher.seal(place(a), payload);
    const other = await tenancy.another();

    expect(JSON.stringify(sealed)).not.toContain('Hola');
    expect(await cipher.open(place(a), sealed)).toEqual(payload);
    expect(
      await other.get(TenantPayloadCipher).open(place(a), JSON.parse(JSON.stringify(sealed)) as JsonObject),
    ).toEqual(payload);
    await other.close();
  });

  it.each([
    ['tenant', (): object => ({ tenantId: b })],
    ['table', (): object => ({ table: 'notifications' })],
    ['row', (): object => ({ rowId: '0190-2' })],
    ['column', (): object => ({ column: 'output' })],
  ])('does not open in another %s', async (_, elsewhere) => {
    const sealed = await cipher.seal(place(a), payload);
    await expect(cipher.open(place(a, elsewhere()), sealed)).rejects.toThrow(EnvelopeUnreadableError);
    await expect(cipher.open(place(a), sealed)).resolves.toEqual(payload);
  });

  it('refuses every change with one error (T08)', async () => {
    const sealed = await cipher.seal(place(a), payload);
    const tag = Buffer.from(sealed.tag as string, 'base64')
      .subarray(0, 4)
      .toString('base64');
    const changes = [{ v: 2 }, { kid: 'test-1' }, { tag }, { tag: '' }, { ct: 'AAAA' }, { iv: 'AAAA' }, { more: 1 }];
    for (const change of changes)
      await expect(cipher.open(place(a), { ...sealed, ...change })).rejects.toThrow(EnvelopeUnreadableError);
  });

  it.each([null, false, 0, '', 'text', [], {}, [[]], { a: null }])('keeps %j', async (value) => {
    expect(await cipher.open(place(a), await cipher.seal(place(a), value))).toEqual(value);
  });

  it('keeps a member called __proto__ a member', async () => {
    const odd = JSON.parse('{"__proto__":{"admin":true},"a":1}') as never;
    const opened = await cipher.open(place(a), await cipher.seal(place(a), odd));

    expect((opened as { admin?: unknown }).admin).toBeUndefined();
    expect(JSON.stringify(opened)).toBe('{"__proto__":{"admin":true},"a":1}');
    expect(await cipher.requestHash(a, odd)).not.toEqual(await cipher.requestHash(a, { a: 1 }));
  });

  it('hashes equal requests alike, whatever their order, and differently for each tenant', async () => {
    const hash = await cipher.requestHash(a, { x: 1, y: [2] });

    expect(hash).toHaveLength(32);
    expect(await cipher.requestHash(a, { y: [2], x: 1 })).toEqual(hash);
    expect(await cipher.requestHash(a, { x: 1, y: ['2'] })).not.toEqual(hash);
    expect(await cipher.requestHash(b, { x: 1, y: [2] })).not.toEqual(hash);
  });

  it('seals inside a transaction although the pool has no connection left', async () => {
    const { id } = await tenancy.tenant();
    const sealed = await tenancy.rows.run(id, () => cipher.seal(place(id), payload));
    expect(await cipher.open(place(id), sealed)).toEqual(payload);
  });

  it('does not open under a data key that was copied from another tenant', async () => {
    const [one, two] = [(await tenancy.tenant()).id, (await tenancy.tenant()).id];
    await tenancy.asSuperuser(
      `UPDATE tenants SET data_key = (SELECT data_key FROM tenants WHERE id = $1) WHERE id = $2`,
      [one, two],
    );

    await expect(cipher.seal(place(two), payload)).rejects.toThrow(EnvelopeUnreadableError);
    await expect(cipher.seal(place(one), payload)).resolves.toBeDefined();
  });

  it('has nothing for a tenant that does not exist', async () => {
    await expect(cipher.seal(place(uuidv7()), payload)).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' });
  });

  it('asks for a data key once for many callers, again after five minutes, and forgets a failure', async () => {
    let [now, queries] = [0, 0];
    const clock: Clock = Object.assign(new SystemClock(), { monotonicMs: () => now });
    const source = tenancy.get(TenantKeyDatabase);
    const counting = {
      dataKeyOf: (tenantId: string) => {
        queries += 1;
        return queries === 1 ? Promise.reject(new Error('down')) : source.dataKeyOf(tenantId);
      },
    } as unknown as TenantKeyDatabase;
    const keys = new TenantDataKeys(counting, tenancy.get(KeyProvider), tenancy.get(MissingKeys), clock);

    await expect(keys.of(SYSTEM_TENANT_ID)).rejects.toThrow('down');
    await Promise.all(Array.from({ length: 20 }, () => keys.of(SYSTEM_TENANT_ID)));
    expect(queries).toBe(2);
    now = 300_001;
    await keys.of(SYSTEM_TENANT_ID);
    expect(queries).toBe(3);
  });
});
