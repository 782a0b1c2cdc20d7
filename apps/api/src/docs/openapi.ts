import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { AnyProvider } from '@puente/integrations';
import { cleanupOpenApiDoc } from 'nestjs-zod';
import { METHODS, type Operation, operationsOf, type Paths } from './openapi-types';
import { plain } from './plain-schemas';
import { describeProblems } from './problem-responses';
import { withProviderPaths } from './provider-paths';
import { describeAccess, operationId } from './route-access';
import { describedTags } from './tags';

/**
 * The OpenAPI 3.1 document, from the routes, the metadata of the guard, the list of errors and the catalogue. `npm run
 * gen` writes the same to docs/openapi.yaml, without `serverUrl`.
 */
export function buildOpenApi(
  app: INestApplication,
  catalog: readonly AnyProvider[],
  serverUrl?: string,
): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Puente')
    .setDescription(INTRODUCTION)
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: 'An API key: `pnt_<env>_<prefix>_<secret>`.' },
      'apiKey',
    );
  if (serverUrl !== undefined) config.addServer(serverUrl);
  const document = cleanupOpenApiDoc(
    SwaggerModule.createDocument(app, config.build(), { operationIdFactory: operationId }),
    { version: '3.1' },
  );
  describeAccess(app, document.paths);
  document.paths = withProviderPaths(document.paths, catalog);
  describeProblems(document);
  polish(document);
  const { openapi, info, servers = [], paths, components = {} } = plain(document);
  const { contact: _none, ...described } = info;
  return {
    openapi,
    info: described,
    ...(servers.length === 0 ? {} : { servers }),
    tags: describedTags(catalog),
    paths: inOrder(paths),
    components,
  };
}

const INTRODUCTION = `One REST API in front of every external service a tenant uses.

Errors are RFC 9457 problem documents with a stable \`code\`. A call whose answer was lost is \`unknown\`, never a failure:
it answers 202 with the operation to follow. Send an \`Idempotency-Key\` with every POST that has an outside effect; repeating
the request with the same key gives the first answer back.`;

const ANSWERS: Readonly<Record<string, string>> = {
  200: 'Done.',
  201: 'Created.',
  202: 'Accepted; it goes on in the background.',
  204: 'Done; there is nothing to read.',
};

/** Puts what reads first in front, and says of an answer without words what its status says. */
function polish({ paths }: OpenAPIObject): void {
  for (const { operation, replace } of operationsOf(paths)) {
    const { operationId: id, tags, summary, description, parameters, requestBody, responses, ...rest } = operation;
    replace({
      ...{ operationId: id, tags, summary, description },
      ...rest,
      ...(parameters?.length ? { parameters: parameters.map(withOneExample) } : {}),
      ...(requestBody ? { requestBody } : {}),
      responses: Object.fromEntries(
        Object.entries(responses).map(([status, answer]) => [
          status,
          answer && 'description' in answer && answer.description === ''
            ? { ...answer, description: ANSWERS[status] ?? status }
            : answer,
        ]),
      ),
    } as typeof operation);
  }
}

/** A field's examples are a list; a parameter's, in OpenAPI, are not. */
function withOneExample(parameter: NonNullable<Operation['parameters']>[number]) {
  if (!('examples' in parameter) || !Array.isArray(parameter.examples)) return parameter;
  const { examples, ...rest } = parameter;
  return { ...rest, example: (examples as unknown[])[0] };
}

/** The methods of a path in one order, however its controllers declare them. */
function inOrder(paths: Paths): Paths {
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => [
      path,
      Object.fromEntries(METHODS.flatMap((method) => (item[method] ? [[method, item[method]]] : []))),
    ]),
  );
}
