import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { AnyProvider, OperationSpec } from '@puente/integrations';
import { cleanupOpenApiDoc } from 'nestjs-zod';
import { z } from 'zod';
import { ERROR_STATUS } from '../http/error-status';

const GENERIC_PATH = '/v1/integrations/{provider}/operations/{operation}';

type PathItem = OpenAPIObject['paths'][string];
type PathOperation = NonNullable<PathItem['post']>;
type Responses = PathOperation['responses'];
type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

/**
 * The OpenAPI 3.1 document. The one generic route of provider operations is written out as a path per operation, with
 * the schemas and examples of the catalogue: that is what a client can call.
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
    )
    .addSecurityRequirements('apiKey');
  if (serverUrl !== undefined) config.addServer(serverUrl);
  const document = cleanupOpenApiDoc(SwaggerModule.createDocument(app, config.build(), { operationIdFactory }), {
    version: '3.1',
  });
  const generic = document.paths[GENERIC_PATH]?.post;
  if (generic) {
    document.paths = withoutPath(document.paths, GENERIC_PATH);
    for (const provider of catalog) Object.assign(document.paths, pathsOf(provider, generic));
  }
  addProblems(document);
  return document;
}

const INTRODUCTION = `One REST API in front of every external service a tenant uses.

Errors are RFC 9457 problem documents with a stable \`code\`. A call whose answer was lost is \`unknown\`, never a failure:
it answers 202 with the operation to follow. Send an \`Idempotency-Key\` with every POST that has an outside effect; repeating
the request with the same key gives the first answer back.`;

function operationIdFactory(controller: string, method: string): string {
  return `${controller.replace(/Controller$/, '')}.${method}`;
}

function withoutPath(paths: OpenAPIObject['paths'], gone: string): OpenAPIObject['paths'] {
  return Object.fromEntries(Object.entries(paths).filter(([path]) => path !== gone));
}

function pathsOf(provider: AnyProvider, generic: PathOperation): OpenAPIObject['paths'] {
  const operations = Object.entries(provider.operations as Record<string, OperationSpec<unknown>>);
  const open = operations.filter(([, spec]) => !spec.internal);
  return Object.fromEntries(
    open.map(([name, spec]): [string, PathItem] => [
      `/v1/integrations/${provider.meta.id}/operations/${name}`,
      { post: describe(provider, name, spec, generic) },
    ]),
  );
}

function describe(
  provider: AnyProvider,
  name: string,
  spec: OperationSpec<unknown>,
  generic: PathOperation,
): PathOperation {
  const path = new Set(['provider', 'operation']);
  return {
    ...generic,
    operationId: `${provider.meta.id}.${name}`,
    tags: [provider.meta.title],
    summary: spec.summary,
    description: `${effectText(spec)} Official documentation: ${spec.documentation}`,
    parameters: (generic.parameters ?? []).filter((parameter) => !('name' in parameter && path.has(parameter.name))),
    requestBody: {
      required: true,
      content: { 'application/json': { schema: jsonSchema(spec.input, 'input'), example: spec.example.input } },
    },
    responses: {
      ...generic.responses,
      200: {
        description: 'The provider has answered.',
        content: {
          'application/json': {
            schema: resultSchema(jsonSchema(spec.output, 'output')),
            example: { output: spec.example.output },
          },
        },
      },
    } satisfies Responses,
  };
}

function effectText(spec: OperationSpec<unknown>): string {
  if (typeof spec.effect === 'function') return 'Whether a lost answer can be repeated safely depends on the input.';
  switch (spec.effect) {
    case 'read':
      return 'Reads only.';
    case 'idempotent':
      return 'The provider deduplicates by our key: a lost answer is repeated safely.';
    case 'reconcilable':
      return 'The provider is asked after a lost answer; nothing is done twice.';
    case 'once':
      return 'Never repeated silently: after a lost answer `onUnknown` decides.';
  }
}

function resultSchema(output: Schema): Schema {
  return {
    type: 'object',
    required: ['output'],
    properties: {
      operationId: { type: 'string', format: 'uuid', description: 'The ledger row; reads have none.' },
      output,
    },
  };
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    target: 'draft-2020-12',
  }) as Record<string, unknown>;
  return rest;
}

/** Every route answers errors in the same shape; it is said once here instead of at each of them. */
function addProblems(document: OpenAPIObject): void {
  const codes = Object.keys(ERROR_STATUS);
  document.components ??= {};
  document.components.schemas ??= {};
  document.components.schemas['Problem'] = {
    type: 'object',
    description: 'RFC 9457 problem document.',
    required: ['type', 'title', 'status', 'code', 'detail', 'requestId'],
    properties: {
      type: { type: 'string', format: 'uri', examples: ['urn:puente:problem:invalid-input'] },
      title: { type: 'string' },
      status: { type: 'integer' },
      code: { type: 'string', enum: codes },
      detail: { type: 'string' },
      requestId: { type: 'string' },
      operationId: { type: 'string', format: 'uuid' },
      errors: {
        type: 'array',
        items: {
          type: 'object',
          required: ['path', 'message'],
          properties: { path: { type: 'string' }, message: { type: 'string' } },
        },
      },
    },
  };
  for (const item of Object.values(document.paths)) {
    for (const method of ['get', 'put', 'post', 'patch', 'delete'] as const) {
      const operation = item[method];
      if (operation) operation.responses.default ??= PROBLEM_RESPONSE;
    }
  }
}

const PROBLEM_RESPONSE = {
  description: 'A problem document.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};
