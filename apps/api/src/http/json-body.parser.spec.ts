import { Readable } from 'node:stream';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { acceptJsonBodies, BODY_LIMIT_BYTES, deeperThan } from './json-body.parser';

describe('deeperThan', () => {
  it('counts brackets, not the ones inside strings', () => {
    expect(deeperThan(2, '{"a":[1]}')).toBe(false);
    expect(deeperThan(2, '{"a":[{}]}')).toBe(true);
    expect(deeperThan(1, '{"a":"[[[[\\"[["}')).toBe(false);
  });

  it('forgets what is closed', () => {
    expect(deeperThan(1, '[],[],[]')).toBe(false);
  });

  it('reads a megabyte in a few milliseconds', () => {
    expect(deeperThan(32, '['.repeat(1_000_000))).toBe(true);
    expect(deeperThan(32, '"'.concat('['.repeat(1_000_000)))).toBe(false);
  });
});

describe('acceptJsonBodies', () => {
  const server = new FastifyAdapter().getInstance();

  beforeAll(async () => {
    acceptJsonBodies(server);
    server.post('/', (request) => ({ body: request.body }));
    server.get('/', (request) => ({ body: request.body }));
    await server.ready();
  });
  afterAll(() => server.close());

  const send = async (
    payload: string | Buffer[] | undefined,
    type?: string,
    method: 'POST' | 'GET' = 'POST',
    url = '/',
  ) =>
    server.inject({
      ...{ method, url },
      headers: type === undefined ? {} : { 'content-type': type },
      ...(payload === undefined ? {} : { payload: typeof payload === 'string' ? payload : Readable.from(payload) }),
    });

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON'])('reads %s', async (type) => {
    expect((await send('{"a":1}', type)).json()).toEqual({ body: { a: 1 } });
  });

  it('puts a character together that came in two pieces', async () => {
    const text = Buffer.from('"ñ"');
    expect((await send([text.subarray(0, 2), text.subarray(2)], 'application/json')).json()).toEqual({ body: 'ñ' });
  });

  it('needs no body, and of a GET reads none', async () => {
    expect((await send(undefined)).json()).toEqual({});
    expect((await send('', 'application/json')).json()).toEqual({});
    expect((await send('{', 'application/json', 'GET')).json()).toEqual({});
  });

  it('refuses other types, a body without one too, but not where there is no route', async () => {
    for (const type of ['application/jsonp', 'text/plain', undefined])
      expect((await send('{}', type)).statusCode).toBe(415);
    expect((await send('{}', 'text/plain', 'POST', '/nowhere')).statusCode).toBe(404);
  });

  it('stops reading at the limit, whether or not the length was said before, and closes', async () => {
    const half = Buffer.alloc(BODY_LIMIT_BYTES / 2 + 1, ' ');
    for (const payload of [[half, half, half], Buffer.concat([half, half]).toString()]) {
      const answer = await send(payload, 'application/json');
      expect([answer.statusCode, answer.headers.connection]).toEqual([413, 'close']);
    }
  });
});
