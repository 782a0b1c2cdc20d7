import { Redactor, secretTexts } from './redactor';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfi&"CYEXAMPLEKEY';

describe('Redactor', () => {
  const clean = (text: string, secrets: string[] = [SECRET]) => new Redactor().hold(secrets).clean(text);

  it.each([
    ['as it is', SECRET],
    ['in other case', SECRET.toUpperCase()],
    ['in JSON', JSON.stringify({ key: SECRET })],
    ['in JSON with escaped slashes', JSON.stringify({ key: SECRET }).replaceAll('/', '\\/')],
    ['in a URL', encodeURIComponent(SECRET)],
    ['in XML', SECRET.replaceAll('&', '&amp;').replaceAll('"', '&quot;')],
    ['in base64', Buffer.from(SECRET).toString('base64')],
    ['inside basic authentication', Buffer.from(`user:${SECRET}`).toString('base64')],
    ['inside base64url at another offset', Buffer.from(`users:${SECRET}!`).toString('base64url')],
    ['in hex', Buffer.from(SECRET).toString('hex')],
    ['cut apart by control characters', `${SECRET.slice(0, 9)}\u200b${SECRET.slice(9)}`],
  ])('masks a secret %s', (_how, printed) => {
    const cleaned = clean(`The key ${printed} is wrong`);

    expect(cleaned).toContain('The key');
    expect(cleaned).toContain('[secret]');
    expect(cleaned.toLowerCase()).not.toContain(SECRET.slice(3, 12).toLowerCase());
    expect(cleaned).not.toContain(Buffer.from(SECRET.slice(3, 30)).toString('base64').slice(2, 12));
  });

  it('masks every long line of a PEM block on its own', () => {
    const pem = `-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\nEFAASCBKcwggSjAgEAAoIBAQC7\n-----END KEY-----`;

    expect(clean('bad line: EFAASCBKcwggSjAgEAAoIBAQC7', [pem])).toBe('bad line: [secret]');
  });

  it('masks the longer one when one secret contains another', () => {
    expect(clean('got user-token-12345', ['user', 'user-token-12345'])).toBe('got [secret]');
  });

  it('never leaves half a secret at the cut', () => {
    const cleaned = clean(`${'x'.repeat(480)}${SECRET}`);

    expect(cleaned).toBe(`${'x'.repeat(480)}[secret]`);
  });

  it('does not mask what is too short to be told from a word', () => {
    expect(clean('a test of the key', ['a', 'of'])).toBe('a test of the key');
  });

  it('masks answers by long values only: a sandbox key named "test" must not rewrite every URL', () => {
    const held = new Redactor().hold(['test', SECRET]);

    expect(held.maskOutput({ url: 'http://test/', echo: [SECRET], n: 1, nothing: null })).toEqual({
      url: 'http://test/',
      echo: ['[secret]'],
      n: 1,
      nothing: null,
    });
  });

  it('masks whole log lines as long as one call holds the secret', () => {
    const redactor = new Redactor();
    const [first, second] = [redactor.hold([SECRET]), redactor.hold([SECRET])];
    const line = JSON.stringify({ error: `denied: ${SECRET}` });

    first.release();
    first.release(); // releasing twice takes nothing from the other holder
    expect(JSON.parse(redactor.maskLine(line))).toEqual({ error: 'denied: [secret]' });
    second.release();
    expect(redactor.maskLine(line)).toBe(line);
  });

  it('finds every text of a bundle of secrets', () => {
    expect(secretTexts({ a: 'x', nested: { pin: 1234, list: ['y'] }, off: false, none: null })).toEqual([
      'x',
      '1234',
      'y',
    ]);
  });

  it('leaves a field of an output away when it is undefined: null would be another answer', () => {
    const held = new Redactor().hold(['a-secret-of-thirty-characters-x']);
    const output = { messageId: 'm-1', sequenceNumber: undefined } as unknown as { messageId: string };
    expect(JSON.stringify(held.maskOutput(output))).toBe('{"messageId":"m-1"}');
    held.release();
  });
});
