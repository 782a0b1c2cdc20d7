import { unknown } from '@puente/kernel';
import { contractCases } from './contract-cases';
import type { Carelessness } from './toy.fixture';
import { toySubject } from './toy.fixture';
import { classifyToy, ToyError } from './toy-client.fixture';
import { TOY_KEY, ToyService } from './toy-service.fixture';

let service: ToyService;

beforeAll(async () => {
  service = new ToyService();
  await service.start();
});

afterAll(() => {
  service.stop();
});

/** Runs the whole suite and answers with the names of the cases that failed. */
async function failures(careless: Carelessness): Promise<string[]> {
  const failed: string[] = [];
  const concerned = careless.reconcile ? ['parcel'] : ['letter', 'me'];
  for (const { name, run } of contractCases({ ...toySubject(() => service, careless, concerned), patienceMs: 750 })) {
    if (name === 'every operation has a sample') continue;
    try {
      await run();
    } catch {
      failed.push(name);
    }
  }
  return failed;
}

describe('a provider that keeps the contract', () => {
  for (const { name, run } of contractCases(toySubject(() => service))) it(name, () => run());
});

/** The broken provider, the cases that must catch it, and what none of the other cases may complain about. */
const broken: readonly (readonly [string, Carelessness, readonly RegExp[], RegExp])[] = [
  [
    'swallows errors as successes',
    {
      send: (client, request, call) =>
        client.send(request, call).catch((error: unknown) => {
          if (error instanceof ToyError && error.status === 422) return { id: 'swallowed', name: 'swallowed' };
          throw error;
        }),
    },
    [/^letter: a refusal is rejected/, /^documented error BAD_REFERENCE is rejected/],
    /a refusal is rejected|BAD_REFERENCE|no failure shows a secret/,
  ],
  [
    'reports a timeout as a refusal',
    {
      classify: (error) => {
        const failure = classifyToy(error);
        return failure.kind === 'unknown' && failure.cause === 'timeout' ? { kind: 'rejected' } : failure;
      },
    },
    [/^letter: no answer is unknown\(timeout\)/],
    /no answer is unknown\(timeout\)|drips/,
  ],
  [
    'retries by itself',
    { send: (client, request, call) => client.send(request, call).catch(() => client.send(request, call)) },
    [/^letter: 500 is unknown, and not tried again/, /^letter: a reset is unknown/, /^letter: 429 is throttled/],
    /./,
  ],
  [
    'leaks its secret in an error',
    {
      send: (client, request, call) =>
        client.send(request, call).catch((error: unknown) => {
          throw error instanceof ToyError ? Object.assign(error, { sentWith: client.apiKey }) : error;
        }),
    },
    [/^letter: no failure shows a secret/],
    /no failure shows a secret/,
  ],
  [
    'leaks its secret in an outcome',
    { classify: (error) => ({ ...classifyToy(error), message: `with ${TOY_KEY}` }) },
    [/^letter: no failure shows a secret/],
    /no failure shows a secret/,
  ],
  [
    'has a probe that passes with a wrong key',
    { probe: async () => ({ name: 'everything is fine' }) },
    [/^the probe fails with revoked credentials/, /^me: revoked credentials are unauthorized/],
    /^the probe fails|^me: /,
  ],
  [
    'takes garbage for a success',
    {
      send: (client, request, call) =>
        client.send(request, call).catch((error: unknown) => {
          if (error instanceof SyntaxError) return { id: 'unreadable', name: 'unreadable' };
          throw error;
        }),
    },
    [/^letter: an answer that is something else is unknown\(bad_body\)/],
    /something else|cut short|no failure shows a secret/,
  ],
  [
    'calls a reset "not sent"',
    {
      classify: (error) => {
        const failure = classifyToy(error);
        return failure.kind === 'unknown' && failure.cause === 'reset'
          ? { kind: 'not_sent', cause: 'connect' }
          : failure;
      },
    },
    [/^letter: a reset is unknown/],
    /a reset is unknown|cut short|cut off/,
  ],
  [
    'declares idempotent what is not',
    { letterEffect: 'idempotent' },
    [/^letter: the same key twice is one effect/],
    /^letter: the same key twice/,
  ],
  [
    'says absent of what happened',
    { reconcile: async () => ({ kind: 'absent' }) },
    [/^parcel: asking tells truly/],
    /^parcel: asking tells truly/,
  ],
  [
    'ignores the signal to give up',
    {
      send: (client, request, call) => client.send(request, { ...call, signal: AbortSignal.timeout(1_100) }),
    },
    [/^letter: giving up beforehand sends nothing/, /^letter: no answer is unknown/],
    /giving up|given up|what is overdue|while it connects/,
  ],
  [
    'follows redirects',
    {
      send: (client, request, call) =>
        client.send(request, call).catch((error: unknown) => {
          if (error instanceof ToyError && error.status === 307) return client.send(request, call);
          throw error;
        }),
    },
    [/^letter: a redirect is unknown and not followed/],
    /a redirect is unknown/,
  ],
  [
    'sends what it is too late for',
    { blind: true },
    [/^letter: what is overdue when its connection is there/],
    /what is overdue/,
  ],
  ['reads whatever it is sent', { endless: true }, [/^letter: an answer without end/], /an answer without end/],
  ['takes fields it does not know', { loose: true }, [/^letter: its example/], /its input takes nothing else/],
  [
    'knows no limits',
    {
      classify: (error) =>
        error instanceof ToyError && error.status === 429 ? unknown('server_error') : classifyToy(error),
    },
    [/^letter: 429 is throttled/],
    /429 is throttled/,
  ],
];

describe('a provider that', () => {
  it.each(broken)(
    '%s is caught by the right cases and no others',
    async (_name, careless, caughtBy, only) => {
      const failed = await failures(careless);

      for (const expected of caughtBy) expect(failed).toContainEqual(expect.stringMatching(expected));
      expect(failed.filter((name) => !only.test(name))).toEqual([]);
    },
    60_000,
  );
});
