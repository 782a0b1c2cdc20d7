import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { AppConfig } from '@puente/config';
import { useStructuredLogs } from '@puente/observability';
import { catalog } from '@puente/providers';
import { ApiModule } from './api.module';
import { buildOpenApi } from './docs/openapi';
import { answerFrameworkError } from './http/framework-error';
import { acceptJsonBodies, BODY_LIMIT_BYTES } from './http/json-body.parser';

/** Builds the API and listens. Separate from `main.ts` so that tests run the same application in their own process. */
export async function startApi(config: AppConfig): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { maxParamLength: 1_024 },
    frameworkErrors: answerFrameworkError,
  });
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.with(config), adapter, {
    logger: false, // until our own is there; what goes wrong before is said by main.ts, once
    bodyParser: false,
    abortOnError: false,
  });
  useStructuredLogs(app);
  const server = app.getHttpAdapter().getInstance();
  acceptJsonBodies(server);
  server.addHook('onRequest', (_request, reply, done) => {
    void reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
    done();
  });
  SwaggerModule.setup('docs', app, () => buildOpenApi(app, catalog, config.API_URL), {
    jsonDocumentUrl: 'docs-json',
    yamlDocumentUrl: 'docs-yaml',
    customSiteTitle: 'Puente',
  });
  await app.listen(config.PORT, config.HOST);
  return app;
}

/**
 * Lets the API end: it takes no connection any more and answers what it has, synchronous calls included, side by side
 * with what the libraries let end. Clients that do not take their answer are cut off after `drainMs`.
 */
export async function stopApi(app: NestFastifyApplication, drainMs: number): Promise<void> {
  const server = app.getHttpAdapter().getInstance();
  const cut = setTimeout(() => server.server.closeAllConnections(), drainMs);
  try {
    await Promise.all([server.close(), app.close()]);
  } finally {
    clearTimeout(cut);
  }
}
