import { randomBytes } from 'node:crypto';
import { Secret, uuidv7 } from '@puente/kernel';
import { CredentialCipher, type CredentialPlace } from './credential-cipher';
import { type Envelope, openEnvelope, sealEnvelope } from './envelope';
import { EnvelopeUnreadableError } from './envelope.errors';
import { KeyRing } from './key-ring';

const key = (kid: string): string => `${kid}:${randomBytes(32).toString('base64')}`;
const ring = KeyRing.load({ inline: `${key('k2')},${key('k1')}` });
const cipher = new CredentialCipher(ring);
const place: CredentialPlace = {
  tenantId: uuidv7(),
  provider: 'acme',
  column: 'integration_versions.envelope',
  rowId: uuidv7(),
  version: 3,
};
const secrets = { apiKey: 'sk_live_0123456789', nested: { b: 1, a: [true, null] } };

describe('envelope', () => {
  it('opens where it was sealed, and shows nothing of its content', async () => {
    const envelope = await cipher.seal(place, new Secret(secrets));

    expect((await cipher.open(place, envelope)).reveal()).toEqual(secrets);
    expect(Object.keys(envelope).sort()).toEqual(['ct', 'iv', 'kid', 'tag', 'v', 'wdk']);
    expect(envelope).toMatchObject({ v: 1, kid: 'k2' });
    expect(JSON.stringify(envelope)).not.toContain('sk_live');
  });

  it('survives the column it is stored in: jsonb gives the members back in another order', async () => {
    const { tag, ct, iv, wdk, kid, v } = await cipher.seal(place, new Secret(secrets));
    const stored: unknown = JSON.parse(JSON.stringify({ tag, ct, iv, wdk, kid, v }));

    expect((await cipher.open(place, stored)).reveal()).toEqual(secrets);
  });

  it('uses a new data key and a new IV every time', async () => {
    const sealed = await Promise.all(Array.from({ length: 50 }, () => cipher.seal(place, new Secret(secrets))));

    for (const member of ['wdk', 'iv', 'ct', 'tag'] as const)
      expect(new Set(sealed.map((envelope) => envelope[member])).size).toBe(50);
  });

  it.each<[string, Partial<CredentialPlace>]>([
    ['tenant', { tenantId: uuidv7() }],
    ['provider', { provider: 'other' }],
    ['row', { rowId: uuidv7() }],
    ['column', { column: 'tenant_integrations.credentials' }],
    ['version', { version: 4 }],
  ])('does not open in another %s', async (_, other) => {
    const envelope = await cipher.seal(place, new Secret(secrets));

    await expect(cipher.open({ ...place, ...other }, envelope)).rejects.toThrow(EnvelopeUnreadableError);
    await expect(cipher.open(place, envelope)).resolves.toBeDefined();
  });

  it('refuses every tampering with one and the same error (T08)', async () => {
    const envelope = await cipher.seal(place, new Secret(secrets));
    const other = await cipher.seal({ ...place, version: 4 }, new Secret(secrets));
    const messages = await Promise.all(tampered(envelope, other).map(([, bad]) => refusal(bad)));

    expect(new Set(messages)).toEqual(new Set([new EnvelopeUnreadableError().message]));
  });

  it.each(['ct', 'iv', 'tag', 'wdk'] as const)('refuses any flipped bit of %s', async (member) => {
    const envelope = await cipher.seal(place, new Secret({ a: 'b' }));
    const bytes = Buffer.from(envelope[member], 'base64');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await refusal({ ...envelope, [member]: flipped.toString('base64') });
    }
  });

  it('keeps a member called __proto__ a member', async () => {
    const odd = JSON.parse('{"apiKey":"x","__proto__":{"admin":true}}') as Record<string, unknown>;
    const opened = (await cipher.open(place, await cipher.seal(place, new Secret(odd)))).reveal();

    expect(Object.getPrototypeOf(opened)).toBe(Object.prototype);
    expect((opened as { admin?: unknown }).admin).toBeUndefined();
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });

  it('does not take a wrapped data key for a payload, nor the other way round', async () => {
    const [at, plaintext] = [{ kind: 'a', row: '1' }, randomBytes(32)];
    const envelope = await sealEnvelope(ring, at, plaintext);
    const wrapped = Buffer.from(envelope.wdk, 'base64');
    const swapped = {
      ...envelope,
      iv: wrapped.subarray(0, 12).toString('base64'),
      ct: wrapped.subarray(12, 44).toString('base64'),
      tag: wrapped.subarray(44).toString('base64'),
    };

    await expect(openEnvelope(ring, at, envelope)).resolves.toEqual(plaintext);
    await expect(openEnvelope(ring, at, swapped)).rejects.toThrow(EnvelopeUnreadableError);
  });
});

function tampered(envelope: Envelope, other: Envelope): [string, unknown][] {
  const tag = Buffer.from(envelope.tag, 'base64');
  const { kid: _, ...withoutKid } = envelope;
  return [
    ['tag of four bytes', { ...envelope, tag: tag.subarray(0, 4).toString('base64') }],
    ['tag of twelve bytes', { ...envelope, tag: tag.subarray(0, 12).toString('base64') }],
    ['no tag', { ...envelope, tag: '' }],
    ['kid of another key in the ring', { ...envelope, kid: 'k1' }],
    ['unknown kid', { ...envelope, kid: 'k9' }],
    ['kid that is no text', { ...envelope, kid: 2 }],
    ['unknown version', { ...envelope, v: 2 }],
    ['version as text', { ...envelope, v: '1' }],
    ['data key of another row', { ...envelope, wdk: other.wdk }],
    ['truncated data key', { ...envelope, wdk: Buffer.from(envelope.wdk, 'base64').subarray(1).toString('base64') }],
    ['ciphertext of another row', { ...envelope, ct: other.ct }],
    ['truncated ciphertext', { ...envelope, ct: Buffer.from(envelope.ct, 'base64').subarray(1).toString('base64') }],
    ['IV of 16 bytes', { ...envelope, iv: randomBytes(16).toString('base64') }],
    ['sloppy base64', { ...envelope, ct: `${envelope.ct} ` }],
    ['URL-safe base64', { ...envelope, iv: Buffer.alloc(12, 0xff).toString('base64url') }],
    ['base64 with other trailing bits', { ...envelope, tag: `${envelope.tag.slice(0, -3)}B==` }],
    ['one member more', { ...envelope, alg: 'none' }],
    ['one member less', withoutKid],
    ['nothing', {}],
    ['null', null],
    ['a list', [envelope]],
    ['text', 'envelope'],
  ];
}

async function refusal(bad: unknown): Promise<string> {
  const error: unknown = await cipher.open(place, bad).then(
    () => new Error('it opened'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EnvelopeUnreadableError);
  expect((error as Error).cause).toBeUndefined();
  return (error as Error).message;
}
