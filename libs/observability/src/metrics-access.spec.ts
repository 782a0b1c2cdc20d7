import { mayReadMetrics } from './metrics-access';

const TOKEN = 'a-token-of-some-length';

describe('mayReadMetrics', () => {
  it('lets this machine read when there is no token', () => {
    expect(mayReadMetrics({ ip: '127.0.0.1', authorization: undefined }, undefined)).toBe(true);
    expect(mayReadMetrics({ ip: '::1', authorization: undefined }, undefined)).toBe(true);
    expect(mayReadMetrics({ ip: '10.0.0.7', authorization: undefined }, undefined)).toBe(false);
  });

  it.each([undefined, '', 'Bearer', `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, TOKEN])(
    'refuses %j, from this machine too, when there is a token',
    (authorization) => {
      expect(mayReadMetrics({ ip: '127.0.0.1', authorization }, TOKEN)).toBe(false);
    },
  );

  it('lets whoever has the token read from anywhere', () => {
    expect(mayReadMetrics({ ip: '10.0.0.7', authorization: `Bearer ${TOKEN}` }, TOKEN)).toBe(true);
  });
});
