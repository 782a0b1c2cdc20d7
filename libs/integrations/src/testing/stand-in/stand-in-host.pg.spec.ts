import { setTimeout as sleep } from 'node:timers/promises';
import { startTestStandIns } from '../../../../../test/support/test-stand-ins';
import type { TestStandIns } from '../../../../../test/support/test-stand-ins';
import type { SandboxServices, StandIn, StandInReply } from './stand-in.port';

/** Counts presses of a button: the smallest provider with an effect. */
class Button implements StandIn {
  readonly id = 'button';
  private services!: SandboxServices;

  async start(services: SandboxServices): Promise<void> {
    this.services = services;
  }

  claims({ path }: { path: string }): boolean {
    return path.startsWith('/button/');
  }

  operation({ path }: { path: string }): string {
    return path.slice('/button/'.length);
  }

  async handle({ body }: { body: Buffer }): Promise<StandInReply> {
    if (body.toString() === 'break') throw new Error('the button fell off');
    await this.services.effects.record(
      'button',
      'press',
      { by: body.toString() },
      this.services.clock.offsetMs('button'),
    );
    return { status: 200, body: 'pressed' };
  }

  failure(
    _request: unknown,
    { status, code, message }: { status: number; code?: string; message?: string },
  ): StandInReply {
    return { status, body: `${code ?? 'none'}: ${message ?? ''}` };
  }
}

describe('stand-in host', () => {
  let sandbox: TestStandIns;

  beforeAll(async () => {
    sandbox = await startTestStandIns(() => [new Button()]);
  });
  afterAll(() => sandbox.stop());
  beforeEach(() => sandbox.order('reset'));

  const press = async (
    by: string,
    init: RequestInit = {},
  ): Promise<{ status: number; text: string; headers: Headers }> => {
    const response = await fetch(`${sandbox.url}/button/press`, { method: 'POST', body: by, ...init });
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  const pressedBy = async (): Promise<string[]> =>
    (await sandbox.received<{ by: string }>('button')).map(({ by }) => by);
  const fault = (order: object): Promise<unknown> => sandbox.order('button/faults', order);

  /** Polls until the presses are as expected, at most two seconds. */
  async function until(expected: string[]): Promise<void> {
    for (let tries = 0; tries < 100 && (await pressedBy()).length < expected.length; tries += 1) await sleep(20);
    expect(await pressedBy()).toEqual(expected);
  }

  it('records effects oldest first, and keeps them over a restart', async () => {
    await press('ana');
    await press('bea');
    await sandbox.restart();
    await press('caro');

    const received = await sandbox.received('button');
    expect(received.map(({ by, operation }) => [by, operation])).toEqual([
      ['ana', 'press'],
      ['bea', 'press'],
      ['caro', 'press'],
    ]);
    expect(new Date(received[0]?.at as string).getTime()).toBeGreaterThan(Date.now() - 60_000);
  });

  it('lists effects since a moment, and no more than asked for', async () => {
    await press('ana');
    await press('bea');
    const [first] = await sandbox.received('button');
    const list = async (query: string): Promise<{ by: string }[]> =>
      (await (await fetch(`${sandbox.url}/_sandbox/button/received?${query}`)).json()) as { by: string }[];

    expect((await list('limit=1')).map(({ by }) => by)).toEqual(['ana']);
    expect((await list(`since=${String(first?.at)}`)).map(({ by }) => by)).toContain('bea');
    expect((await fetch(`${sandbox.url}/_sandbox/button/received?limit=x`)).status).toBe(422);
  });

  it('refuses by order, without applying, as often as ordered', async () => {
    await fault({ status: 503, code: 'Busy', retryAfter: 7, times: 2 });

    const first = await press('ana');
    expect([first.status, first.text, first.headers.get('retry-after')]).toEqual([503, 'Busy: ', '7']);
    expect((await press('ana')).status).toBe(503);
    expect((await press('ana')).status).toBe(200);
    expect(await pressedBy()).toEqual(['ana']);
  });

  it('answers with a given body instead of its own', async () => {
    await fault({ body: '<html>proxy</html>', apply: true });
    await fault({ status: 502, body: { bad: 'gateway' } });

    expect(await press('ana')).toMatchObject({ status: 200, text: '<html>proxy</html>' });
    expect(JSON.parse((await press('bea')).text)).toEqual({ bad: 'gateway' });
    expect(await pressedBy()).toEqual(['ana']);
  });

  it('resets the connection before or after the effect', async () => {
    await fault({ reset: 'before' });
    await expect(press('ana')).rejects.toThrow('fetch failed');
    expect(await pressedBy()).toEqual([]);

    await fault({ reset: 'after' });
    await expect(press('ana')).rejects.toThrow('fetch failed');
    expect(await pressedBy()).toEqual(['ana']);
  });

  it('is slow by order: the effect at once, the answer late', async () => {
    await fault({ delayMs: 5_000 });
    await expect(press('ana', { signal: AbortSignal.timeout(200) })).rejects.toThrow(/timeout/i);
    expect(await pressedBy()).toEqual(['ana']);
  });

  it('applies late, after the client has given up', async () => {
    await fault({ applyAfterMs: 400 });
    await expect(press('ana', { signal: AbortSignal.timeout(100) })).rejects.toThrow(/timeout/i);
    expect(await pressedBy()).toEqual([]);
    await until(['ana']);
  });

  it('forgets a late effect when it is reset in the meantime', async () => {
    await fault({ applyAfterMs: 300, status: 500 });
    expect((await press('ana')).status).toBe(500);
    await sandbox.order('reset');
    await sleep(500);
    expect(await pressedBy()).toEqual([]);
  });

  it('chooses faults by operation and by what the request says', async () => {
    await fault({ operation: 'release', status: 500 });
    await fault({ match: 'bea', status: 409 });

    expect((await press('ana')).status).toBe(200);
    expect((await press('bea')).status).toBe(409);
    const left = (await (await fetch(`${sandbox.url}/_sandbox/button/faults`)).json()) as object[];
    expect(left).toEqual([{ operation: 'release', status: 500, times: 1, remaining: 1 }]);
    await fetch(`${sandbox.url}/_sandbox/button/faults`, { method: 'DELETE' });
    expect(await (await fetch(`${sandbox.url}/_sandbox/button/faults`)).json()).toEqual([]);
  });

  it.each([
    ['before', []],
    ['after', ['bea']],
  ] as const)('holds a request %s its effect until it is let go', async (hold, meanwhile) => {
    await fault({ match: 'bea', hold });
    const pressed = press('bea');
    const held = async () => (await (await fetch(`${sandbox.url}/_sandbox/button/held`)).json()) as unknown[];
    for (let tries = 0; tries < 100 && (await held()).length === 0; tries += 1) await sleep(20);
    expect((await press('ana')).status).toBe(200);

    expect(await pressedBy()).toEqual(expect.arrayContaining([...meanwhile]));
    expect(await pressedBy()).toHaveLength(meanwhile.length + 1);
    await sandbox.order('button/release', { match: '/nobody' });
    expect(await held()).toHaveLength(1);
    await sandbox.order('button/release', {});
    expect((await pressed).status).toBe(200);
    expect([...(await pressedBy())].sort()).toEqual(['ana', 'bea']);
  });

  it('moves a clock, and keeps it over a restart', async () => {
    await sandbox.order('button/clock', { advanceMs: 86_400_000 });
    await sandbox.restart();
    await press('ana');
    const [effect] = await sandbox.received('button');
    expect(new Date(effect?.at as string).getTime()).toBeGreaterThan(Date.now() + 86_000_000);
  });

  it('says what is wrong with a control request', async () => {
    const ask = async (method: string, path: string, body?: string): Promise<[number, string]> => {
      const response = await fetch(`${sandbox.url}/_sandbox${path}`, {
        method,
        ...(body === undefined ? {} : { body }),
      });
      return [response.status, ((await response.json()) as { error: string }).error];
    };
    expect(await ask('GET', '/nobody/received')).toEqual([404, expect.stringContaining('/_sandbox/nobody/received')]);
    expect(await ask('PUT', '/reset')).toEqual([405, expect.stringContaining('POST')]);
    expect(await ask('POST', '/button/faults', '{"status"')).toEqual([400, 'The body is not JSON.']);
    expect(await ask('POST', '/button/faults', '{"stauts": 500}')).toEqual([422, expect.stringContaining('stauts')]);
    expect(await ask('POST', '/button/faults', '{"reset": "after", "status": 500}')).toEqual([
      422,
      expect.stringContaining('reset'),
    ]);
    expect(await ask('POST', '/button/clock', '{"advanceMs": "1"}')).toEqual([
      422,
      expect.stringContaining('advanceMs'),
    ]);
    expect(await ask('POST', '/button/faults', '{}')).toEqual([422, expect.stringContaining('what goes wrong')]);
  });

  it('lists what there is, and answers 404 to what it does not know', async () => {
    const index = (await (await fetch(`${sandbox.url}/_sandbox`)).json()) as {
      standIns: string[];
      routes: { route: string }[];
    };
    expect(index.standIns).toEqual(['button']);
    expect(index.routes.map(({ route }) => route)).toContain('POST /_sandbox/button/faults');
    expect((await fetch(`${sandbox.url}/elsewhere`)).status).toBe(404);
  });

  it("answers in the provider's shape when it breaks itself", async () => {
    expect(await press('break')).toMatchObject({ status: 500, text: expect.stringContaining('the button fell off') });
  });

  it('refuses a body no provider would read', async () => {
    await expect(press('x'.repeat(17 * 1024 * 1024)).then(({ status }) => status)).resolves.toBe(413);
  });
});
