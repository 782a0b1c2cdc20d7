import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');

/** What a key that opens something real looks like, by its vendor's own marks. */
const LIVE_KEYS: Readonly<Record<string, RegExp>> = {
  'an AWS access key id': /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/,
  'a private key': /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/,
  'a Stripe key': /\b[rs]k_live_[0-9A-Za-z]{20,}/,
  'a Slack token or webhook': /\bxox[abprs]-[0-9A-Za-z-]{20,}|hooks\.slack\.com\/services\/T[0-9A-Z]{8,}/,
  'a GitHub token': /\bgh[opsu]_[0-9A-Za-z]{36}\b/,
  'a Google key': /\bAIza[0-9A-Za-z_-]{35}\b/,
  'a SendGrid key': /\bSG\.[\w-]{22}\.[\w-]{43}\b/,
  'a Twilio account': /\bAC[0-9a-f]{32}\b/,
  'an API key of ours': /\bpnt_[a-z0-9]+_[0-9A-Za-z]{16}_[0-9A-Za-z]{43}\b/,
};

/** AWS's own documentation uses these; they open nothing. */
const PUBLISHED = ['AKIAIOSFODNN7EXAMPLE', 'ASIAIOSFODNN7EXAMPLE', 'AKIAI44QH8DHBEXAMPLE'];

/** In two parts, or this file would be a finding itself. */
const join = (...parts: string[]): string => parts.join('');

const findings = (text: string): string[] => {
  const checked = PUBLISHED.reduce((rest, published) => rest.replaceAll(published, ''), text);
  return Object.entries(LIVE_KEYS).flatMap(([what, shape]) => (shape.test(checked) ? [what] : []));
};

describe('the tree', () => {
  it('holds no key that could be live, in no fixture and nowhere else (T35)', () => {
    const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root })
      .toString()
      .trim()
      .split('\n');
    const found = files
      .filter((file) => file !== 'package-lock.json')
      .map((file) => [file, findings(readFileSync(path.join(root, file), 'utf8'))] as const);

    expect(found.length).toBeGreaterThan(500);
    expect(found.filter(([, what]) => what.length > 0)).toEqual([]);
  });

  it.each([
    ['an AWS access key id', `"${join('AK', 'IA')}QWERTYUIOPASDFGH"`],
    ['a private key', join('-----BEGIN RSA ', 'PRIVATE KEY-----')],
    ['a Stripe key', join('sk_', 'live_0123456789abcdefghijklmn')],
    ['an API key of ours', join('pnt_prod_0123456789abcdef_', 'a'.repeat(43))],
  ])('would show %s', (what, text) => {
    expect(findings(text)).toEqual([what]);
  });
});
