import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ledgerInvariants } from '../ledger/ledger-invariants';
import { plantedBugs } from './planted-bugs';
import { mutated } from './planted-tree';

const root = path.resolve(__dirname, '../../..');

/** The bugs themselves are planted by `npm run test:faults -- --planted`; here, that each still can be. */
describe('planted bugs', () => {
  it.each(plantedBugs.map((bug) => [bug.name, bug] as const))('%s finds its guard exactly once', (_, bug) => {
    expect(() => mutated(bug)).not.toThrow();
  });

  it.each(plantedBugs.map((bug) => [bug.name, bug] as const))('%s names who catches it', (_, bug) => {
    const known = ledgerInvariants.map(({ id }) => id);

    expect(known).toEqual(expect.arrayContaining([...bug.breaks]));
    expect(bug.chaos ?? bug.directed).toBeDefined();
    if (!bug.directed) return;
    const file = path.join(root, bug.directed.file);
    expect(existsSync(file) && readFileSync(file, 'utf8')).toContain(bug.directed.title);
  });
});
