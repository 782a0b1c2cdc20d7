import fc from 'fast-check';
import { readRateLimits } from './rate-limit-headers';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const DATE = 'Mon, 23 Nov 2026 12:00:00 GMT';
const read = (headers: Record<string, string | string[]>, fields?: Parameters<typeof readRateLimits>[1]) =>
  readRateLimits(headers, fields, () => NOW);

describe('what an answer says about limits', () => {
  it.each<[string, string, number | undefined]>([
    ['seconds', '30', 30_000],
    ['a fraction of a second', '0.25', 250],
    ['a Unix time', String(NOW / 1_000 + 30), 30_000],
    ['a Unix time in milliseconds', String(NOW + 30_000), 30_000],
    ['a moment that is over', String(NOW / 1_000 - 5), 0],
    ['a negative time', '-5', 0],
    ['ten years', String(10 * 365 * 86_400), undefined],
    ['a word', 'soon', undefined],
  ])('X-RateLimit-*, with its reset as %s', (_, reset, resetsInMs) => {
    const headers = { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '7', 'x-ratelimit-reset': reset };
    expect(read(headers)).toEqual([{ limit: 100, remaining: 7, resetsInMs }]);
  });

  it('measures a Unix time against the answer’s own clock', () => {
    const reset = String(NOW / 1_000 + 3_600 + 30);
    const headers = { 'x-ratelimit-remaining': '7', 'x-ratelimit-reset': reset, date: 'Mon, 23 Nov 2026 13:00:00 GMT' };
    expect(read(headers)).toMatchObject([{ resetsInMs: 30_000 }]);
  });

  it('the fields of the IETF, as structured fields: every quota by its name, with its policy', () => {
    const headers = {
      'ratelimit-policy': '"burst";q=10;w=1, "daily";q=1000;w=86400',
      ratelimit: '"burst";r=4;t=1, "daily";r=120;t=3600',
    };
    expect(read(headers)).toEqual([
      { limit: 10, remaining: 4, resetsInMs: 1_000, windowMs: 1_000 },
      { limit: 1_000, remaining: 120, resetsInMs: 3_600_000, windowMs: 86_400_000 },
    ]);
    expect(read({ ratelimit: ['"a";r=1', '"b";r=2;t=5'] })).toMatchObject([
      { remaining: 1 },
      { remaining: 2, resetsInMs: 5_000 },
    ]);
  });

  it('the drafts before them', () => {
    const spelt = { ratelimit: 'limit=100, remaining=50, reset=30', 'ratelimit-policy': '100;w=60, 5000;w=3600' };
    expect(read(spelt)).toEqual([{ limit: 100, remaining: 50, resetsInMs: 30_000, windowMs: 60_000 }]);

    const apart = {
      'ratelimit-limit': '100, 100;w=60',
      'ratelimit-remaining': '50',
      'ratelimit-reset': '30',
      date: DATE,
    };
    expect(read(apart)).toEqual([{ limit: 100, remaining: 50, resetsInMs: 30_000 }]);
  });

  it('names of the provider’s own', () => {
    const headers = { 'x-calls-left': '3', 'x-calls-max': '40', 'x-ratelimit-remaining': '99' };
    expect(read(headers, { remaining: 'x-calls-left', limit: 'x-calls-max' })).toEqual([{ limit: 40, remaining: 3 }]);
  });

  it('nothing where nothing is said, or nothing that can be understood', () => {
    for (const headers of [
      {},
      { 'x-ratelimit-limit': '100' },
      { 'x-ratelimit-remaining': 'many' },
      { ratelimit: ';;,' },
    ])
      expect(read(headers)).toEqual([]);
    expect(read({ 'x-ratelimit-remaining': '-4' })).toMatchObject([{ remaining: 0 }]);
  });

  it('never throws and never says less than nothing, whatever is sent', () => {
    const names = [
      'x-ratelimit-limit',
      'x-ratelimit-remaining',
      'x-ratelimit-reset',
      'ratelimit',
      'ratelimit-policy',
      'date',
    ];
    const texts = fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.constantFrom('"a";r=-1;t=1e9', 'remaining=', '10;w'),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), texts), (headers) => {
        for (const { remaining, limit = 0, resetsInMs = 0, windowMs = 0 } of read(headers))
          for (const value of [remaining, limit, resetsInMs, windowMs]) expect(value).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
