import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvelopeUnreadableError, KeyRingInvalidError } from './envelope.errors';
import { KeyRing } from './key-ring';

const base64 = (): string => randomBytes(32).toString('base64');
const context = Buffer.from('here');

describe('key ring', () => {
  it('wraps with the first key and unwraps with any', async () => {
    const [first, second] = [`new:${base64()}`, `old:${base64()}`];
    const wrapped = await KeyRing.load({ inline: second }).wrap(Buffer.alloc(32, 7), context);
    const ring = KeyRing.load({ inline: `${first}, ${second}` });

    expect(ring.activeKid).toBe('new');
    expect(ring.kids).toEqual(['new', 'old']);
    expect(await ring.unwrap(wrapped, context)).toEqual(Buffer.alloc(32, 7));
    expect((await ring.wrap(Buffer.alloc(32), context)).kid).toBe('new');
    await expect(ring.unwrap({ ...wrapped, kid: 'new' }, context)).rejects.toThrow(EnvelopeUnreadableError);
    await expect(ring.unwrap(wrapped, Buffer.from('there'))).rejects.toThrow(EnvelopeUnreadableError);
  });

  it('reads a file with one key a line', () => {
    const folder = mkdtempSync(join(tmpdir(), 'key-ring-'));
    const file = join(folder, 'keys');
    writeFileSync(file, `# the newest first\nk2:${base64()}\n\nk1:${base64()}\r\n`);

    expect(KeyRing.load({ file }).kids).toEqual(['k2', 'k1']);
    rmSync(folder, { recursive: true });
  });

  const good = base64();
  const short = randomBytes(31).toString('base64');
  it.each([
    ['no key at all', {}, /No encryption key/],
    ['both variables', { inline: `a:${good}`, file: '/x' }, /both set/],
    ['an empty list', { inline: ' , ' }, /holds no key/],
    ['a key without a name', { inline: good }, /KEY_RING, entry 1/],
    ['name and key exchanged', { inline: `${good}:a` }, /entry 1/],
    ['a key of 31 bytes', { inline: `a:${good},b:${short}` }, /entry 2/],
    ['a key in hexadecimal', { inline: `a:${Buffer.from(good, 'base64').toString('hex')}` }, /entry 1/],
    ['a name twice', { inline: `a:${good},a:${base64()}` }, /a is there twice/],
    ['the same bytes twice', { inline: `a:${good},b:${good}` }, /same bytes/],
    ['a placeholder', { inline: `a:${Buffer.alloc(32).toString('base64')}` }, /placeholder/],
    ['a file that is not there', { file: '/nowhere/keys' }, /ENOENT/],
  ])('refuses %s, and never quotes a key', (_, source, message) => {
    const load = (): KeyRing => KeyRing.load(source);

    expect(load).toThrow(KeyRingInvalidError);
    expect(load).toThrow(message);
    expect(load).not.toThrow(good);
    expect(load).not.toThrow(short);
  });
});
