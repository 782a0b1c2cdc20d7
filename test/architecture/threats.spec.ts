import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');

/** Cases of the threat model (T01 to T35) that have nothing to attack yet, and what they wait for. */
const WAITING: Readonly<Record<string, string>> = {
  T22: 'inbound webhooks: no provider calls us yet',
  T23: 'inbound webhooks: no provider calls us yet',
  T24: 'inbound webhooks: no provider calls us yet',
  T25: 'inbound webhooks: no provider calls us yet',
};

/** Titles of tests that name cases: `it('… (T07)', …)`, `it('… (T19, T28)', …)`. */
const NAMED = /\((T\d\d(?:, T\d\d)*)\)/g;

describe('the threat model', () => {
  const cases = Array.from({ length: 35 }, (_, at) => `T${String(at + 1).padStart(2, '0')}`);
  const tested = new Map<string, string[]>();
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', 'apps', 'libs', 'test'], {
    cwd: root,
  })
    .toString()
    .split('\n')
    .filter((file) => /\.(e2e-)?spec\.ts$|\.cases\.ts$/.test(file) && !file.endsWith('threats.spec.ts'));
  for (const file of files) {
    for (const [, named = ''] of readFileSync(path.join(root, file), 'utf8').matchAll(NAMED)) {
      for (const one of named.split(', ')) tested.set(one, [...(tested.get(one) ?? []), file]);
    }
  }

  it.each(cases.filter((one) => !(one in WAITING)))('%s is tested under its name', (one) => {
    expect(tested.get(one) ?? []).not.toEqual([]);
  });

  it('has no case that waits although it is tested', () => {
    expect(Object.keys(WAITING).filter((one) => tested.has(one))).toEqual([]);
  });
});
