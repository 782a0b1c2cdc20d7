import type { AnyProvider, OperationSpec } from '@puente/integrations';
import { z } from 'zod';
import type { Operation, PathItem, Paths, Schema } from './openapi-types';

const GENERIC_PATH = '/v1/integrations/{provider}/operations/{operation}';

/**
 * Writes the one generic route of provider operations out as a path per operation, with the schemas and examples of the
 * catalogue: that is what a client can call.
 */
export function withProviderPaths(paths: Paths, providers: readonly AnyProvider[]): Paths {
  const { [GENERIC_PATH]: item, ...others } = paths;
  const generic = item?.post;
  if (!generic) return paths;
  for (const provider of providers) Object.assign(others, pathsOf(provider, generic));
  return others;
}

function pathsOf(provider: AnyProvider, generic: Operation): Paths {
  const operations = Object.entries(provider.operations as Record<string, OperationSpec<unknown>>);
  const open = operations.filter(([, spec]) => !spec.internal);
  return Object.fromEntries(
    open.map(([name, spec]): [string, PathItem] => [
      `/v1/integrations/${provider.meta.id}/operations/${name}`,
      { post: describe(provider, name, spec, generic) },
    ]),
  );
}

function describe(provider: AnyProvider, name: string, spec: OperationSpec<unknown>, generic: Operation): Operation {
  const path = new Set(['provider', 'operation']);
  return {
    ...generic,
    operationId: `${provider.meta.id}.${name}`,
    tags: [provider.meta.title],
    summary: spec.summary,
    description: `${effectText(spec)} ${generic.description ?? ''} Official documentation: <${spec.documentation}>`,
    parameters: (generic.parameters ?? []).filter((parameter) => !('name' in parameter && path.has(parameter.name))),
    requestBody: {
      required: true,
      content: { 'application/json': { schema: jsonSchema(spec.input, 'input'), example: spec.example.input } },
    },
    responses: { ...generic.responses, 200: answerOf(spec) },
  };
}

function answerOf(spec: OperationSpec<unknown>) {
  const operationId = spec.effect === 'read' ? {} : { operationId: '0190f6d2-7c1e-7a55-9a0e-3f6f5f0d7a11' };
  return {
    description: 'The provider has answered.',
    content: {
      'application/json': {
        schema: resultSchema(jsonSchema(spec.output, 'output')),
        example: { ...operationId, output: spec.example.output },
      },
    },
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
