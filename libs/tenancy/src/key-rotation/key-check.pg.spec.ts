import { AuditLog } from '../audit/audit-log';
import { KeyCanaries } from '../envelopes/key-canaries';
import { TenancyLog } from '../tenancy.log';
import { RotationBench } from '../../../../test/support/key-rotation.fixture';
import { isWhole, KeyCheck, type KeyReport } from './key-check';

describe('check of the key ring', () => {
  let bench: RotationBench;
  beforeAll(async () => {
    bench = await RotationBench.start();
  });
  afterAll(() => bench.close());
  afterEach(() => bench.reset());

  const check = (first: number, others?: number[]): Promise<KeyReport> =>
    new KeyCheck(bench.owner, bench.ring(first, others)).run();
  const said = ({ keys }: KeyReport): unknown =>
    keys.map(({ kid, rows, state, inRing }) => [kid, rows, state, inRing].join(' '));

  it('proves every data key, whatever the order of the ring, and knows what was never used', async () => {
    for (const report of [await check(0), await check(3, [2, 1, 0])]) {
      expect(report).toMatchObject({ proven: RotationBench.rows, unreadable: [] });
      expect(isWhole(report)).toBe(true);
      expect((said(report) as string[]).sort()).toEqual([
        'key-0 10 active proven',
        ...['key-1', 'key-2', 'key-3'].map((kid) => `${kid} 0 unused unproven`),
      ]);
    }
  });

  it('names the key that a backup copy lacks, and how much depends on it', async () => {
    const report = await check(1, []);

    expect(isWhole(report)).toBe(false);
    expect(said(report)).toEqual(['key-0 10 active missing', 'key-1 0 unused unproven']);
    expect(report).toMatchObject({ proven: 0, unreadable: [] });
  });

  it('in the middle of a rotation demands both keys; after it only the new one', async () => {
    await bench.boot(bench.ring(1));
    expect(isWhole(await check(1, []))).toBe(false);
    expect(isWhole(await check(1, [0]))).toBe(true);
    await bench.rotateTo(1);
    const report = await check(1, []);

    expect(isWhole(report)).toBe(true);
    expect(said(report)).toEqual(['key-0 0 retired missing', 'key-1 10 active proven']);
    expect(isWhole(await check(0, []))).toBe(false);
  });

  it('tells another key under the same name from the one that was used, a retired one included', async () => {
    await bench.rotateTo(1);
    await bench.tenancy.asSuperuser(
      `UPDATE encryption_keys SET canary = jsonb_set(canary, '{wdk}', (SELECT canary -> 'wdk' FROM encryption_keys WHERE kid = 'key-1')) WHERE kid = 'key-0'`,
    );
    const report = await check(1);

    expect((said(report) as string[])[0]).toBe('key-0 0 retired wrong');
    expect(isWhole(report)).toBe(false);
  });

  it('names a key that rows claim and nobody ever used', async () => {
    const [a] = bench.tenants;
    await bench.tenancy.asSuperuser(
      `UPDATE tenant_integrations SET credentials = jsonb_set(credentials, '{kid}', '"nobody-1"') WHERE tenant_id = $1`,
      [a],
    );
    const report = await check(0, []);

    expect(said(report)).toEqual(['key-0 9 active proven', 'nobody-1 1 unknown missing']);
    expect(report.unreadable).toMatchObject([
      { column: 'tenant_integrations.credentials', tenantId: a, kid: 'nobody-1' },
    ]);
  });

  it('says how old the active key is and when it is due: after 90 days', async () => {
    const ageOf = async (days: number): Promise<unknown> => {
      await bench.tenancy.asSuperuser(
        `UPDATE encryption_keys SET created_at = puente_now() - make_interval(days => $1)`,
        [days],
      );
      const { keys } = await check(0, []);
      return [keys[0]?.ageDays, keys[0]?.isDue];
    };

    expect(await ageOf(89)).toEqual([89, false]);
    expect(await ageOf(90)).toEqual([90, true]);
  });

  it('a process that starts with a key that is due says so', async () => {
    const due: unknown[] = [];
    class RecordedLog extends TenancyLog {
      override encryptionKeyDue(...told: [kid: string, days: number]): void {
        due.push(told);
      }
    }
    const boot = () =>
      new KeyCanaries(bench.tenancy.rows, bench.ring(0), bench.tenancy.get(AuditLog), new RecordedLog()).check();
    await boot();
    await bench.tenancy.asSuperuser(`UPDATE encryption_keys SET created_at = puente_now() - interval '91 days'`);
    await boot();

    expect(due).toEqual([['key-0', 91]]);
  });
});
