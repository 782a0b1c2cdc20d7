import type { Claim } from './claimed-row';
import { type Ended, WorkSlots } from './work-slots';

/** Slots whose calls end when the test says so. */
class Calls {
  readonly begun: string[] = [];
  freed = 0;
  readonly slots: WorkSlots;
  private readonly ends = new Map<string, (ended: Ended) => void>();

  constructor(concurrency: number) {
    this.slots = new WorkSlots(
      concurrency,
      ({ row }) => {
        this.begun.push(row.id);
        return new Promise((resolve) => this.ends.set(row.id, resolve));
      },
      { freed: () => undefined, settled: () => void (this.freed += 1) },
    );
  }

  add(tenant: string, n: number, priority = 100): void {
    const row = (at: number) => ({ id: `${tenant}${String(at)}`, tenant_id: tenant, priority });
    this.slots.add(Array.from({ length: n }, (_, at) => ({ row: row(at), askedAtMs: 0 }) as unknown as Claim));
  }

  async end(id: string): Promise<void> {
    this.ends.get(id)?.({ settled: Promise.resolve() });
    await new Promise((resolve) => setImmediate(resolve));
  }

  of(tenant: string): number {
    return this.begun.filter((id) => id.startsWith(tenant)).length;
  }
}

describe('work slots', () => {
  it('gives a tenant that is alone every place, and others a few more although all its calls hang', () => {
    const calls = new Calls(50);
    calls.add('noisy', 100);
    expect(calls.of('noisy')).toBe(50);
    calls.add('a', 3);
    calls.add('b', 3);
    expect([calls.of('a') + calls.of('b'), calls.begun.length]).toEqual([5, 55]);
  });

  it('begins interactive work of any tenant before the bulk that waits already, and still some of the bulk', async () => {
    const calls = new Calls(1);
    calls.add('bulk', 30, 200);
    calls.add('interactive', 30, 50);
    for (let n = 0; n < 20; n++) await calls.end(calls.begun[n] ?? '');

    const rest = calls.begun.slice(1);
    expect(rest.slice(0, 5).every((id) => id.startsWith('interactive'))).toBe(true);
    expect(rest.filter((id) => id.startsWith('bulk')).length).toBeGreaterThan(0);
    expect(rest.filter((id) => id.startsWith('bulk')).length).toBeLessThan(rest.length / 4);
  });

  it('keeps a few places for those lanes of a tenant that have hardly a call', () => {
    const calls = new Calls(50);
    const claims = (lane: string, n: number): Claim[] =>
      Array.from({ length: n }, (_, at) => ({
        row: { id: `${lane}${String(at)}`, tenant_id: 't', provider: 'p', lane_key: lane, priority: 100 },
        askedAtMs: 0,
      })) as unknown as Claim[];
    calls.slots.add(claims('hole', 90));
    calls.slots.add(claims('fine', 9));
    expect([calls.of('hole'), calls.of('fine')]).toEqual([50, 3]);
    calls.add('other', 9);
    expect(calls.of('other')).toBe(2);
  });

  it('takes turns between tenants, each in the order of its claims', async () => {
    const calls = new Calls(2);
    calls.add('a', 4);
    calls.add('b', 4);
    for (let n = 0; n < 6; n++) await calls.end(calls.begun[n] ?? '');

    expect(calls.begun.filter((id) => id.startsWith('a'))).toEqual(['a0', 'a1', 'a2', 'a3']);
    expect(calls.of('b')).toBe(4);
    expect(Math.abs(calls.begun.slice(2, 6).filter((id) => id.startsWith('a')).length - 2)).toBeLessThanOrEqual(1);
  });

  it('begins nothing once it is closed, and gives back what waits', async () => {
    const calls = new Calls(2);
    calls.add('a', 5);
    calls.slots.close();
    await calls.end('a0');
    calls.add('b', 2);

    expect(calls.begun).toHaveLength(2);
    expect(calls.slots.takeReady()).toHaveLength(5);
    expect(calls.slots.size).toBe(1);
  });

  it('takes no place for results on their way to the database, until these pile up', async () => {
    const settle: (() => void)[] = [];
    const committing = (): Promise<Ended> =>
      Promise.resolve({ settled: new Promise<void>((resolve) => void settle.push(resolve)) });
    const freed = jest.fn();
    const slots = new WorkSlots(2, committing, { freed, settled: () => undefined });
    slots.add(
      Array.from({ length: 9 }, (_, at) => ({ row: { id: at, tenant_id: 't', priority: 1 } })) as unknown as Claim[],
    );
    await new Promise((resolve) => setImmediate(resolve));

    expect(freed).toHaveBeenCalledTimes(9);
    expect([slots.size, slots.taken(9), slots.taken(4)]).toEqual([9, 0, 5]);
  });

  it('counts what a tenant has, running and waiting', () => {
    const calls = new Calls(2);
    calls.add('a', 3);
    calls.add('b', 1, 50);
    expect(Object.fromEntries(calls.slots.inFlight().map(({ tenant_id, n }) => [tenant_id, n]))).toEqual({
      a: 3,
      b: 1,
    });
    expect(calls.slots.size).toBe(4);
  });
});
