import { createPublicKey, verify } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { WebhookSigner } from './signature';
import {
  newSigningSecret,
  publicJwkOf,
  publicKeyOf,
  secretProblem,
  type SignatureKind,
  signatureKindOf,
  SigningSecretInvalidError,
} from './signing-secret';

/**
 * What the reference libraries publish as their own test vectors, in the specification's repository:
 * `libraries/javascript/src/webhook.test.ts` ("sign function works", and the same in the eight other languages, such as
 * `libraries/go/webhook_symmetric_test.go`) and `libraries/go/webhook_asymmetric_test.go` (`TestAsymmetricWebhookSign`),
 * https://github.com/standard-webhooks/standard-webhooks/tree/main/libraries
 */
const vector = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1_614_265_330, body: '{"test": 2432232314}' };
const symmetric = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const asymmetric = {
  secret: 'whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=',
  signature: 'v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==',
};

const signed = (secrets: ConstructorParameters<typeof WebhookSigner>[0], body: string | Buffer = vector.body): string =>
  new WebhookSigner(secrets).sign(vector.id, vector.timestamp, Buffer.from(body));

describe('a signature', () => {
  it.each([
    ['v1', symmetric],
    ['v1a', asymmetric],
  ])('%s is that of the published vector', (_kind, { secret, signature }) => {
    expect(signed([{ secret }])).toBe(signature);
  });

  it('is made with every secret that has not expired, in their order', () => {
    const at = (offsetMs: number): string => new Date(vector.timestamp * 1_000 + offsetMs).toISOString();
    const { secret } = symmetric;

    expect(signed([{ secret, expiresAt: at(1_000) }, asymmetric])).toBe(
      `${symmetric.signature} ${asymmetric.signature}`,
    );
    expect(signed([{ secret, expiresAt: at(0) }, asymmetric])).toBe(asymmetric.signature);
    expect(signed([asymmetric, { secret, expiresAt: at(1) }])).toBe(`${asymmetric.signature} ${symmetric.signature}`);
  });

  it('tells apart bytes that are no UTF-8, which look the same as text', () => {
    const bytes = (byte: number): Buffer => Buffer.from([0x22, byte, 0x22]);
    expect(bytes(0xff).toString()).toBe(bytes(0xfe).toString());
    expect(signed([symmetric], bytes(0xff))).not.toBe(signed([symmetric], bytes(0xfe)));
  });

  it('is one that the reference libraries verify, whatever the body says', () => {
    const now = Math.floor(Date.now() / 1_000);
    fc.assert(
      fc.property(fc.json(), fc.constantFrom<SignatureKind>('v1', 'v1a'), (body, other) => {
        const secret = newSigningSecret('v1');
        const secrets = [{ secret: newSigningSecret(other) }, { secret }];
        const signature = new WebhookSigner(secrets).sign('msg_1', now, Buffer.from(body));
        const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': String(now), 'webhook-signature': signature };
        expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
        expect(new SvixWebhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
        expect(() => new Webhook(newSigningSecret('v1')).verify(body, headers)).toThrow();
      }),
      { numRuns: 25 },
    );
  });
});

describe('a secret', () => {
  it('that is new can be used, tells its kind, and is never the same', () => {
    for (const kind of ['v1', 'v1a'] as const) {
      const secret = newSigningSecret(kind);
      expect(secretProblem(secret)).toBeUndefined();
      expect(signatureKindOf(secret)).toBe(kind);
      expect(newSigningSecret(kind)).not.toBe(secret);
    }
  });

  const ofBytes = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;

  it.each([24, 32, 64])('of %i bytes can be used', (bytes) => {
    expect(secretProblem(ofBytes(bytes))).toBeUndefined();
  });

  it.each([
    ['is too short', ofBytes(23), /too short: expected 24 to 64 bytes, got 23/],
    ['is too long', ofBytes(65), /too long: expected 24 to 64 bytes, got 65/],
    ['is empty', 'whsec_', /base64/],
    ['has no prefix', ofBytes(32).slice(6), /expected whsec_ .* or whsk_/],
    ['is public', publicKeyOf(asymmetric.secret), /expected whsec_ .* or whsk_/],
    ['is no base64', `${ofBytes(32)}!`, /base64/],
    ['is base64 of another alphabet', `whsec_${Buffer.alloc(32, 255).toString('base64url')}`, /base64/],
    ['has lost its padding', ofBytes(32).replaceAll('=', ''), /base64/],
    ['is no key', `whsk_${Buffer.alloc(31).toString('base64')}`, /seed of 32 bytes/],
    ['is two halves of different keys', `whsk_${Buffer.alloc(64).toString('base64')}`, /public key of its first/],
  ])('that %s is refused, and the refusal does not quote it', (_what, secret, problem) => {
    expect(secretProblem(secret)).toMatch(problem);
    expect(() => new WebhookSigner([{ secret }])).toThrow(SigningSecretInvalidError);
    if (secret.length > 6) expect(secretProblem(secret)).not.toContain(secret.slice(6));
  });

  it('may be a seed with its public key behind it, as libsodium and Svix write it', () => {
    const seed = Buffer.from(asymmetric.secret.slice(5), 'base64');
    const pair = Buffer.concat([seed, Buffer.from(publicKeyOf(asymmetric.secret).slice(5), 'base64')]);
    expect(signed([{ secret: `whsk_${pair.toString('base64')}` }])).toBe(asymmetric.signature);
  });

  it('of a pair has a public key that verifies, also as a JSON Web Key', () => {
    const { kid, ...jwk } = publicJwkOf(asymmetric.secret);
    const content = Buffer.from(`${vector.id}.${String(vector.timestamp)}.${vector.body}`);
    const signature = Buffer.from(asymmetric.signature.slice(4), 'base64');

    expect(verify(null, content, createPublicKey({ key: jwk, format: 'jwk' }), signature)).toBe(true);
    expect(publicKeyOf(asymmetric.secret)).toBe(`whpk_${Buffer.from(jwk.x ?? '', 'base64url').toString('base64')}`);
    expect(kid).toMatch(/^[\w-]{43}$/);
    expect(() => publicJwkOf(symmetric.secret)).toThrow(SigningSecretInvalidError);
  });
});
