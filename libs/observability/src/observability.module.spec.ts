import type { IncomingMessage } from 'node:http';
import { Controller, Get, Logger, Module, Param, Req, ServiceUnavailableException } from '@nestjs/common';
import { FastifyAdapter, RouteConfig, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { AppConfigModule, loadConfig } from '@puente/config';
import { Metrics } from './metrics';
import { ObservabilityModule, useStructuredLogs } from './observability.module';
import { Redactor } from './redactor';
import { identifyCaller, OWN_TRACE, requestTrace } from './request-trace';
import { currentTrace, runInTrace } from './trace';

const CANARY = 'canary-0123456789abcdef';
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const lines: Record<string, unknown>[] = [];

@Controller('things')
class ThingsController {
  private readonly log = new Logger('Things');

  constructor(private readonly redactor: Redactor) {}

  @Get(':token')
  read(@Param('token') token: string, @Req() request: { readonly id: string; readonly raw: IncomingMessage }) {
    identifyCaller(request.raw, { tenantId: 'tenant-1', keyId: 'key-1' });
    const held = this.redactor.hold([CANARY]);
    this.log.warn(`Reading with ${CANARY}`);
    this.log.warn({ event: 'thing.read', password: 'not by value', nested: { headers: { cookie: 'x' } } });
    held.release();
    if (token === 'broken') throw new ServiceUnavailableException();
    return { ...currentTrace(), idOfServer: request.id };
  }
}

@Controller('own')
class OwnTraceController {
  private readonly log = new Logger('Own');

  @Get()
  @RouteConfig(OWN_TRACE)
  async read(@Req() { raw }: { readonly raw: IncomingMessage }) {
    identifyCaller(raw, { tenantId: 'tenant-2', keyId: 'key-2' });
    const none = currentTrace() === undefined;
    const trace = requestTrace(raw)!;
    await runInTrace(trace, async () => {
      await Promise.resolve();
      this.log.warn('inside');
    });
    return { none, traceId: trace.traceId };
  }
}

@Module({
  imports: [
    AppConfigModule.with(
      loadConfig({
        DATABASE_APP_URL: 'postgres://app@127.0.0.1/x',
        DATABASE_DISPATCH_URL: 'postgres://dispatch@127.0.0.1/x',
        DATABASE_AUTH_URL: 'postgres://auth@127.0.0.1/x',
      }),
    ),
    ObservabilityModule.forRoot({
      service: 'api',
      logTo: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    }),
  ],
  controllers: [ThingsController, OwnTraceController],
})
class SampleModule {}

describe('ObservabilityModule', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    const built = await Test.createTestingModule({ imports: [SampleModule] }).compile();
    app = built.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
    useStructuredLogs(app);
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });
  beforeEach(() => (lines.length = 0));
  afterAll(() => app.close());

  const get = (url: string, headers: Record<string, string> = {}) => app.inject({ method: 'GET', url, headers });
  const requestLine = () => lines.find(({ event }) => event === 'http_request.completed');

  it('carries one request id and one trace id through answer, log lines and code', async () => {
    const answer = await get('/things/abc', {
      'x-request-id': 'r-1',
      traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01`,
    });

    expect(answer.headers['x-request-id']).toBe('r-1');
    expect(answer.json()).toMatchObject({
      requestId: 'r-1',
      idOfServer: 'r-1',
      traceId: TRACE_ID,
      tenantId: 'tenant-1',
    });
    expect(lines).toHaveLength(3);
    for (const line of lines)
      expect(line).toMatchObject({ process: 'api', requestId: 'r-1', traceId: TRACE_ID, tenantId: 'tenant-1' });
  });

  it('leaves it to a route that says so to open its trace; the line of the request has the ids all the same', async () => {
    const answer = await get('/own', { traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01` });

    expect(answer.json()).toEqual({ none: true, traceId: TRACE_ID });
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatchObject({ traceId: TRACE_ID, tenantId: 'tenant-2' });
  });

  it('writes the line of a request from an allow-list: the template, not the address; no headers', async () => {
    await get('/things/one-time-token-77?key=k', { authorization: 'Bearer abc', cookie: 'c=1' });

    expect(requestLine()).toEqual({
      level: 'info',
      time: expect.any(String),
      process: 'api',
      event: 'http_request.completed',
      method: 'GET',
      route: '/things/:token',
      status: 200,
      durationMs: expect.any(Number),
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      tenantId: 'tenant-1',
      keyId: 'key-1',
      msg: 'GET /things/:token answered 200',
    });
  });

  it('writes and measures requests that no route took and such as failed', async () => {
    const missing = await get('/nowhere/token-78');
    await get('/things/broken');

    expect(missing.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(lines.map(({ route, status, level }) => [route, status, level])).toEqual(
      expect.arrayContaining([
        ['(no route)', 404, 'info'],
        ['/things/:token', 503, 'error'],
      ]),
    );
    expect(JSON.stringify(lines)).not.toContain('token-78');
    const exposed = await app.get(Metrics).registry.metrics();
    expect(exposed).toMatch(/http_request_duration_seconds_count\{[^}]*route="\/things\/:token",status="503"[^}]*\} 1/);
  });

  it('masks live secrets by value and known names by path, also in lines of Nest (T16)', async () => {
    await get('/things/abc');

    expect(lines.map(({ msg }) => msg)).toContain('Reading with [secret]');
    expect(lines.find(({ event }) => event === 'thing.read')).toMatchObject({
      context: 'Things',
      password: '[redacted]',
      nested: { headers: '[redacted]' },
    });
    expect(JSON.stringify(lines)).not.toContain(CANARY);
  });
});
