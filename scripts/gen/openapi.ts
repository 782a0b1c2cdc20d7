import path from 'node:path';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { loadConfig } from '@puente/config';
import { stringify } from 'yaml';
import { ApiModule } from '../../apps/api/src/api.module';
import { buildOpenApi } from '../../apps/api/src/docs/openapi';
import type { Project } from './project';
import { loadRouteComments } from './route-comments';

export const OPENAPI_FILE = 'docs/openapi.yaml';

/** No process is started: preview mode knows the routes and makes none of the classes behind them, so nothing connects. */
const NOWHERE = 'postgresql://nobody@localhost/none';
const config = loadConfig({ DATABASE_APP_URL: NOWHERE, DATABASE_DISPATCH_URL: NOWHERE, DATABASE_AUTH_URL: NOWHERE });

/** What the API serves at /docs-json, without the address of one installation. */
export async function openApi({ root, providers }: Project): Promise<string> {
  await loadRouteComments(path.join(root, 'apps/api/src'));
  const app = await NestFactory.create(ApiModule.with(config), new FastifyAdapter(), { preview: true, logger: false });
  const text = stringify(buildOpenApi(app, providers), { lineWidth: 0, aliasDuplicateObjects: false });
  return `# Written by \`npm run gen\`.\n${text}`;
}
