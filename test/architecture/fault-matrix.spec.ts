import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { FAULT_KINDS } from '../faults/ledger/ledger-plan';
import { MISBEHAVIOURS } from '../faults/provider/misbehaviour';

const root = path.resolve(__dirname, '../..');
const injected: readonly string[] = [...FAULT_KINDS, ...MISBEHAVIOURS];

interface Row {
  readonly name: string;
  readonly tests: readonly { readonly file: string; readonly title: string }[];
  readonly chaos: readonly string[];
}

describe('the fault matrix', () => {
  const rows = readFileSync(path.join(root, 'test/faults/MATRIX.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| F\d/.test(line))
    .map(rowOf);

  it('has its 42 rows, each once, in order', () => {
    expect(rows.map(({ name }) => name)).toEqual(Array.from({ length: 42 }, (_, at) => `F${String(at + 1)}`));
  });

  it.each(rows.map((row) => [row.name, row] as const))('%s names tests, and each of them is there', (_, row) => {
    expect(row.tests).not.toEqual([]);
    for (const { file, title } of row.tests) expect(titlesOf(file)).toContain(title);
  });

  it.each(rows.map((row) => [row.name, row] as const))('%s names faults of a run that a run has', (_, row) => {
    expect(row.chaos.filter((kind) => !injected.includes(kind))).toEqual([]);
  });
});

function rowOf(line: string): Row {
  const [, name = '', , , tests = '', chaos = ''] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
  return {
    name,
    tests: [...tests.matchAll(/`([^`]+)` › “([^”]+)”/g)].map(([, file = '', title = '']) => ({ file, title })),
    chaos: chaos.split(',').flatMap((kind) => (kind.trim() === '' ? [] : [kind.trim()])),
  };
}

/** The first strings of `it(…)` and what `it.each` gives titles to, quotes of the source taken away. */
function titlesOf(file: string): string[] {
  const place = path.join(root, file);
  if (!existsSync(place)) return [];
  const titles = readFileSync(place, 'utf8').matchAll(/(?:\bit\(|\)\(|^)\s*(['"`])((?:(?!\1)[^\\]|\\.)+)\1,/gm);
  return [...titles].map(([, , title = '']) => title.replaceAll(/\\(.)/g, '$1'));
}
