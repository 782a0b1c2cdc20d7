import { SnapshotAges, type SnapshotRow } from './snapshot-ages';

const slot = (xmin: string): SnapshotRow => ({
  ...{ kind: 'slot', name: 'replica', pid: null, role: null, state: 'inactive', seconds: null },
  xmin,
});
const transaction: SnapshotRow = {
  ...{
    kind: 'transaction',
    name: 'psql',
    pid: 1,
    role: 'postgres',
    state: 'idle in transaction',
    seconds: 7,
    xmin: '5',
  },
};

describe('ages of snapshots', () => {
  it('are the database’s own where it has them, and of a slot how long its xmin has stood still', () => {
    const ages = new SnapshotAges();
    expect(ages.of([slot('10'), transaction], 1_000).map(({ seconds }) => seconds)).toEqual([7, 0]);
    expect(ages.of([transaction, slot('10')], 31_000).map(({ seconds }) => seconds)).toEqual([30, 7]);
    expect(ages.of([slot('11')], 32_000).map(({ seconds }) => seconds)).toEqual([0]);
    expect(ages.of([slot('11')], 33_000).map(({ seconds }) => seconds)).toEqual([1]);
  });

  it('begin anew for a slot that was away', () => {
    const ages = new SnapshotAges();
    ages.of([slot('10')], 0);
    ages.of([], 10_000);
    expect(ages.of([slot('10')], 20_000).map(({ seconds }) => seconds)).toEqual([0]);
  });
});
