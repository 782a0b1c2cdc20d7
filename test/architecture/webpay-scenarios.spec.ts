import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');

/** Tests of money with Webpay, wherever they live: pure, on a database, over HTTP, of the provider, with killed processes. */
const PLACES = [
  ...['libs/flows/src/payments', 'libs/flows/src/purchases', 'libs/providers/src/webpay'],
  ...['test/e2e', 'test/faults/webpay', 'test/browser'],
];
/** Lines that begin a test or a group of them, or a row of a table of tests. */
const BEGINS = /^\s*(?:\.?(?:it|describe|test)\b|\)?\(?['"`]|T\d\d: |\]\)\(|\}\)\()/;
const NAMED = /\b(T(?:0[1-9]|[123]\d|40))\b/g;

describe('the 40 scenarios of a Webpay payment', () => {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', ...PLACES], { cwd: root })
    .toString()
    .split('\n')
    .filter((file) => /(?:spec|cases|scenario)\.ts$/.test(file));
  const titles = files
    .flatMap((file) => readFileSync(path.join(root, file), 'utf8').split('\n'))
    .filter((line) => BEGINS.test(line));
  const tested = new Set(titles.flatMap((line) => [...line.matchAll(NAMED)].map(([one]) => one)));

  it.each(Array.from({ length: 40 }, (_, at) => `T${String(at + 1).padStart(2, '0')}`))(
    '%s is tested under its name',
    (one) => {
      expect(tested.has(one)).toBe(true);
    },
  );
});
