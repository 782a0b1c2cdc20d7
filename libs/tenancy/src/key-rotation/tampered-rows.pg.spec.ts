import { randomBytes } from 'node:crypto';
import { EnvelopeUnreadableError } from '../envelopes/envelope.errors';
import { IntegrationViews } from '../integrations/integration-views';
import { IntegrationsAdmin } from '../integrations/integrations-admin';
import { acmeOf, origin, RotationBench } from '../../../../test/support/key-rotation.fixture';
import { KeyCheck } from './key-check';

type Envelope = Readonly<Record<'v' | 'kid' | 'wdk' | 'iv' | 'ct' | 'tag', string>>;

/** What somebody with the database in hand could do to a ciphertext of tenant A, given one of tenant B. */
const CREDENTIALS: readonly [what: string, change: (mine: Envelope, theirs: Envelope) => unknown][] = [
  ['another tenant’s ciphertext', (_, theirs) => theirs],
  ['another row’s data key', (mine, { wdk }) => ({ ...mine, wdk })],
  ['another row’s content', (mine, { iv, ct, tag }) => ({ ...mine, iv, ct, tag })],
  ['a tag of four bytes', (mine) => ({ ...mine, tag: cut(mine.tag, 4) })],
  ['a tag of twelve bytes', (mine) => ({ ...mine, tag: cut(mine.tag, 12) })],
  ['no tag', (mine) => ({ ...mine, tag: '' })],
  ...(['tag', 'ct', 'iv', 'wdk'] as const).map((part): [string, (mine: Envelope) => unknown] => [
    `a flipped bit of ${part}`,
    (mine) => ({ ...mine, [part]: flip(mine[part]) }),
  ]),
  ['a shorter data key', (mine) => ({ ...mine, wdk: cut(mine.wdk, 40) })],
  ['the name of another key in the ring', (mine) => ({ ...mine, kid: 'key-1' })],
  ['the name of a key nobody has', (mine) => ({ ...mine, kid: 'nobody-1' })],
  ['another version of the format', (mine) => ({ ...mine, v: 2 })],
  ['the version as text', (mine) => ({ ...mine, v: '1' })],
  ['one more member', (mine) => ({ ...mine, alg: 'none' })],
  ['plaintext', () => ({ apiKey: 'planted-key' })],
];
const DATA_KEYS = CREDENTIALS.filter(([what]) => !/content|tag|ct$|iv$/.test(what));

describe('a tampered row (T07, T08)', () => {
  let bench: RotationBench;
  let [a, b] = ['', ''];

  beforeAll(async () => {
    bench = await RotationBench.start(2);
    [a, b] = bench.tenants;
  });
  afterAll(() => bench.close());
  afterEach(() => bench.reset());

  const read = async (column: string, table: string, where: string, tenantId: string): Promise<Envelope> => {
    const rows = await bench.tenancy.asSuperuser(`SELECT ${column} AS sealed FROM ${table} WHERE ${where}`, [tenantId]);
    return rows[0]!.sealed as Envelope;
  };
  const plant = async (
    [column, table, where]: [string, string, string],
    change: (typeof CREDENTIALS)[number][1],
  ): Promise<unknown> => {
    const changed = change(await read(column, table, where, a), await read(column, table, where, b));
    await bench.tenancy.asSuperuser(`UPDATE ${table} SET ${column} = $2 WHERE ${where}`, [a, JSON.stringify(changed)]);
    return changed;
  };
  const stillServed = async (): Promise<void> => {
    expect((await bench.resolve(b, 'acme')).apiKey).toBe(`key-of-${b}`);
    expect((await bench.resolve(a, 'bulk')).apiKey).toBe('key-of-platform');
    expect(await bench.openPayload(b)).toEqual({ to: b });
  };

  it.each(CREDENTIALS)('of credentials in use with %s is quarantined; all others are served', async (_, change) => {
    await plant(['credentials', 'tenant_integrations', 'tenant_id = $1'], change);

    await expect(bench.resolve(a, 'acme')).rejects.toMatchObject({ code: 'CREDENTIALS_QUARANTINED' });
    const { quarantine } = await bench.tenancy.get(IntegrationViews).get(acmeOf(a));
    expect(quarantine?.reason).toMatch(/cannot be decrypted/);
    await stillServed();
    expect(await bench.openPayload(a)).toEqual({ to: a });
  });

  it.each(CREDENTIALS)('of a version with %s is not used; the credentials in use are', async (_, change) => {
    await plant(['envelope', 'integration_versions', `tenant_id = $1 AND state = 'active'`], change);
    const admin = bench.tenancy.get(IntegrationsAdmin);
    const refused = { code: 'CREDENTIALS_QUARANTINED' };

    await expect(admin.activate(origin, acmeOf(a))).rejects.toMatchObject(refused);
    await expect(admin.patch(origin, acmeOf(a), { config: { label: 'x' } })).rejects.toMatchObject(refused);
    expect((await bench.resolve(a, 'acme')).apiKey).toBe(`key-of-${a}`);
    await stillServed();
  });

  it.each(DATA_KEYS)(
    'of a tenant’s data key with %s opens none of its payloads; all others open',
    async (_, change) => {
      await plant(['data_key', 'tenants', 'id = $1'], change);
      const cipher = bench.freshCipher();
      const place = { tenantId: a, table: 'operations', rowId: 'row-2', column: 'input' };

      await expect(bench.openPayload(a, cipher)).rejects.toThrow(EnvelopeUnreadableError);
      await expect(cipher.seal(place, 'x')).rejects.toThrow(EnvelopeUnreadableError);
      expect((await bench.resolve(a, 'acme')).apiKey).toBe(`key-of-${a}`);
      await stillServed();
    },
  );

  it.each(DATA_KEYS)('with %s is found and named by a check of all data keys', async (_, change) => {
    for (const [column, table] of [
      ['data_key', 'tenants'],
      ['envelope', 'integration_versions'],
      ['credentials', 'tenant_integrations'],
    ] as const) {
      const where =
        table === 'tenants' ? 'id = $1' : `tenant_id = $1${table.endsWith('versions') ? ` AND state = 'active'` : ''}`;
      await plant([column, table, where], change);
    }
    const report = await new KeyCheck(bench.owner, bench.ring(0)).run();

    expect(report).toMatchObject({ proven: RotationBench.rows - 3 });
    expect(report.unreadable.map((row) => [row.column, row.tenantId])).toEqual([
      ['tenants.data_key', a],
      ['integration_versions.envelope', a],
      ['tenant_integrations.credentials', a],
    ]);
  });

  it('stays tampered when everything is re-wrapped: no key makes it good', async () => {
    const moved = await plant(['credentials', 'tenant_integrations', 'tenant_id = $1'], (_, theirs) => theirs);
    await bench.rotateTo(1);

    expect(await read('credentials', 'tenant_integrations', 'tenant_id = $1', a)).toEqual(moved);
    await expect(bench.resolve(a, 'acme')).rejects.toMatchObject({ code: 'CREDENTIALS_QUARANTINED' });
    await stillServed();
  });

  it('a damaged content is carried over with its data key, and is as damaged after', async () => {
    await plant(['credentials', 'tenant_integrations', 'tenant_id = $1'], (mine) => ({ ...mine, ct: flip(mine.ct) }));
    await bench.rotateTo(1);

    await expect(bench.resolve(a, 'acme')).rejects.toMatchObject({ code: 'CREDENTIALS_QUARANTINED' });
    await stillServed();
  });

  it('a ciphertext from before the last re-wrapping is an old wrapping of the same secret, and no other’s', async () => {
    const before = await read('credentials', 'tenant_integrations', 'tenant_id = $1', a);
    await bench.boot(bench.ring(1));
    await bench.tenancy.asSuperuser(`UPDATE tenant_integrations SET credentials = $2 WHERE tenant_id = $1`, [b, JSON.stringify(before)]); // prettier-ignore

    await expect(bench.resolve(b, 'acme')).rejects.toMatchObject({ code: 'CREDENTIALS_QUARANTINED' });
    expect((await bench.resolve(a, 'acme')).apiKey).toBe(`key-of-${a}`);
  });
});

function cut(base64: string, bytes: number): string {
  return Buffer.from(base64, 'base64').subarray(0, bytes).toString('base64');
}

function flip(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  const at = (randomBytes(1)[0] ?? 0) % bytes.length;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes.toString('base64');
}
