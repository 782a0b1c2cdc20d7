import type { AddressInfo } from 'node:net';
import { Controller, Get, Query } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { request } from 'undici';
import { ClientGone } from './client-gone.decorator';

const signals: AbortSignal[] = [];

@Controller('wait')
class WaitController {
  @Get()
  async wait(@Query('long') long: string | undefined, @ClientGone() gone: AbortSignal): Promise<string> {
    signals.push(gone);
    if (long !== undefined) await new Promise((resolve) => gone.addEventListener('abort', resolve));
    return 'done';
  }
}

describe('ClientGone', () => {
  let app: NestFastifyApplication;
  let url: string;

  beforeAll(async () => {
    const module = await Test.createTestingModule({ controllers: [WaitController] }).compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
    await app.listen(0, '127.0.0.1');
    url = `http://127.0.0.1:${String((app.getHttpServer().address() as AddressInfo).port)}/wait`;
  });
  afterAll(() => app.close());
  beforeEach(() => void (signals.length = 0));

  it('aborts when the client hangs up, not when it has its answer', async () => {
    const { body } = await request(url);
    expect(await body.text()).toBe('done');
    const client = new AbortController();
    const hanging = request(`${url}?long=1`, { signal: client.signal });
    while (signals.length < 2) await new Promise((resolve) => setImmediate(resolve));
    client.abort();

    await expect(hanging).rejects.toThrow();
    const [answered, left] = signals;
    if (!left?.aborted) await new Promise((resolve) => left?.addEventListener('abort', resolve));
    expect([answered?.aborted, left?.aborted]).toEqual([false, true]);
  });
});
