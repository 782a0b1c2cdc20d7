import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ledgerPlan } from '../ledger/ledger-plan';
import { LedgerRun } from '../ledger/ledger-run';
import type { DirectedTest, PlantedBug } from './planted-bug';
import { plantedBugs } from './planted-bugs';
import { PlantedTree } from './planted-tree';

const JEST_WITHIN_MS = 180_000;
/** A bug may keep things from ending; that is known soon enough. */
const HEAL_MS = 45_000;

/** What noticed a planted bug, and what it should have been. */
export interface Caught {
  readonly name: string;
  readonly caught: boolean;
  readonly by: readonly string[];
  /** Invariants that were violated although the bug is not theirs: no harm, and worth knowing. */
  readonly also: readonly string[];
}

interface Violated {
  readonly id: string;
  readonly n: number;
  readonly first: string;
}

/** @throws when there is no bug of that name */
export function bugsNamed(name: string): readonly PlantedBug[] {
  if (name === 'all') return plantedBugs;
  const found = plantedBugs.filter((bug) => bug.name === name);
  if (found.length > 0) return found;
  throw new Error(`There is no planted bug "${name}": ${plantedBugs.map((bug) => bug.name).join(', ')}`);
}

/**
 * Plants one bug and looks who notices: the run made for it, the directed test, or both.
 *
 * @param control runs the same without the bug: then nobody may notice anything
 */
export async function plant(
  bug: PlantedBug,
  seed: number,
  control: boolean,
  say: (line: string) => void,
): Promise<Caught> {
  const tree = control ? undefined : PlantedTree.plant(bug);
  try {
    const violated = bug.chaos ? await violatedBy(bug, seed, say, tree?.build) : [];
    const noticed = bug.directed && tree && fails(bug.directed, tree) ? [bug.directed] : [];
    const theirs = violated.filter(({ id }) => bug.breaks.includes(id));
    return {
      name: bug.name,
      caught: theirs.length + noticed.length > 0,
      by: [
        ...theirs.map(({ id, n }) => `${id} (chaos, ${String(n)} violations)`),
        ...noticed.map(({ file, title }) => `${bug.breaks.join(', ')} (directed: ${path.basename(file)}, "${title}")`),
      ],
      also: violated
        .filter(({ id }) => !bug.breaks.includes(id))
        .map(({ id, n, first }) => `${id} ${String(n)} (${first})`),
    };
  } finally {
    tree?.remove();
  }
}

async function violatedBy(
  { chaos, name }: PlantedBug,
  seed: number,
  say: (line: string) => void,
  build: string | undefined,
): Promise<Violated[]> {
  const plan = ledgerPlan({ healMs: HEAL_MS, ...chaos, seconds: chaos?.seconds ?? 60, seed });
  const run = await LedgerRun.prepare(plan, (line) => say(`${name}: ${line}`), build);
  try {
    const { verdicts } = await run.attack();
    const found = verdicts.map(({ id, violations }) => ({ id, n: violations.length, first: violations[0] ?? '' }));
    return found.filter(({ n }) => n > 0);
  } finally {
    await run.end({ keepData: false });
  }
}

/** Whether the test of that title, and it alone, fails on the copy. */
function fails({ file, title }: DirectedTest, { dir }: PlantedTree): boolean {
  const report = path.join(dir, 'jest.json');
  const projects = file.endsWith('.pg.spec.ts') ? 'pg' : 'unit';
  const named = `${escaped(title)}$`;
  const args = ['--selectProjects', projects, '--json', `--outputFile=${report}`, '-t', named, '--', file];
  spawnSync(path.join(dir, 'node_modules/.bin/jest'), args, { cwd: dir, timeout: JEST_WITHIN_MS, stdio: 'ignore' });
  const { numFailedTests, numPassedTests } = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>;
  if ((numFailedTests ?? 0) + (numPassedTests ?? 0) === 0) throw new Error(`${file} has no test "${title}"`);
  return (numFailedTests ?? 0) > 0;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
