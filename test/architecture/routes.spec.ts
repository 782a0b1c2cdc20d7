import { MetadataScanner } from '@nestjs/core';
import { loadConfig } from '@puente/config';
import { ApiModule } from '../../apps/api/src/api.module';
import { PUBLIC, SCOPES } from '../../apps/api/src/auth/scopes.decorator';

/** What `@ApiExcludeEndpoint()` and `@ApiExcludeController()` leave on a handler and on a class. */
const HIDDEN = ['swagger/apiExcludeEndpoint', 'swagger/apiExcludeController'];
const PATH = 'path';

/** Routes that the OpenAPI document does not show, so that no test that goes through it can see them. */
const UNDOCUMENTED = ['MetricsController.read'];

type Controller = abstract new (...args: never[]) => object;

describe('the routes of the API', () => {
  const url = 'postgres://user@localhost/database';
  const config = loadConfig({ DATABASE_APP_URL: url, DATABASE_DISPATCH_URL: url, DATABASE_AUTH_URL: url });
  const controllers = (ApiModule.with(config).controllers ?? []) as Controller[];
  const routes = controllers.flatMap((controller) => {
    const prototype = controller.prototype as Record<string, object>;
    return new MetadataScanner()
      .getAllMethodNames(prototype)
      .map((name) => ({ name: `${controller.name}.${name}`, handler: prototype[name] ?? {}, controller }))
      .filter(({ handler }) => Reflect.hasMetadata(PATH, handler));
  });
  const has = (key: string, { handler, controller }: (typeof routes)[number]): boolean =>
    Reflect.hasMetadata(key, handler) || Reflect.hasMetadata(key, controller);

  it('each say who may call them', () => {
    expect(routes.length).toBeGreaterThan(30);
    expect(routes.filter((route) => !has(PUBLIC, route) && !has(SCOPES, route)).map(({ name }) => name)).toEqual([]);
  });

  it('are all in the OpenAPI document but the listed ones', () => {
    const hidden = routes.filter((route) => HIDDEN.some((key) => has(key, route)));
    expect(hidden.map(({ name }) => name)).toEqual(UNDOCUMENTED);
  });
});
