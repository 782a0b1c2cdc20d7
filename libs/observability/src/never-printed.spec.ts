import { withoutSecrets } from './never-printed';

describe('withoutSecrets', () => {
  it('leaves fields alone in which nothing has to be hidden', () => {
    const fields = { event: 'a.b', list: ['x'], at: new Date(0), nested: { deeper: { deepest: 1 } } };
    expect(withoutSecrets(fields)).toEqual(fields);
    expect(withoutSecrets({ event: 'a.b', n: 1 })).toEqual({ event: 'a.b', n: 1 });
  });

  it('hides by name, up to two levels down and in lists, and changes nothing it was given', () => {
    const fields = {
      token: 't',
      call: { headers: { a: 'b' }, deeper: { secret: 's', fine: 1 } },
      list: [{ password: 'p', name: 'n' }],
    };
    const before = structuredClone(fields);

    expect(withoutSecrets(fields)).toEqual({
      token: '[redacted]',
      call: { headers: '[redacted]', deeper: { secret: '[redacted]', fine: 1 } },
      list: [{ password: '[redacted]', name: 'n' }],
    });
    expect(fields).toEqual(before);
  });

  it('lets serializers see errors and requests as they are', () => {
    const fields = { err: Object.assign(new Error('x'), { token: 't' }), cause: { token: 't' } };
    expect(withoutSecrets(fields).err).toBe(fields.err);
    expect(withoutSecrets(fields).cause).toEqual({ token: '[redacted]' });
  });
});
