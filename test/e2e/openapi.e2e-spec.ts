import { randomUUID } from 'node:crypto';
import { api, sandboxFacts } from '../support/sandbox';
import { bodyOf, statusAndCode } from '../support/sandbox-client';

interface Operation {
  readonly operationId?: string;
  readonly security?: readonly unknown[];
  readonly requestBody?: {
    readonly content: Readonly<
      Record<string, { readonly schema?: unknown; readonly example?: unknown; readonly examples?: unknown }>
    >;
  };
  readonly responses: Readonly<Record<string, unknown>>;
}

interface OpenApi {
  readonly openapi: string;
  readonly servers?: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, { readonly examples?: readonly unknown[] }>> };
}

/** All routes that need no key. Another one belongs here only after somebody has thought about it. */
const PUBLIC = ['GET /health/live', 'GET /health/ready'];

describe('the OpenAPI document', () => {
  let document: OpenApi;
  let operations: readonly { route: string; method: string; path: string; operation: Operation }[];

  beforeAll(async () => {
    document = bodyOf<OpenApi>(await api().get('/docs-json'), 200);
    operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({
        route: `${method.toUpperCase()} ${path}`,
        method,
        path,
        operation,
      })),
    );
  });

  it('is 3.1, names this server, and is shown to people at /docs', async () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(document.servers?.map(({ url }) => url)).toContain(sandboxFacts().apiUrl);
    const page = await api().get('/docs');
    expect([page.status, page.headers['content-type']]).toEqual([200, expect.stringContaining('text/html')]);
  });

  it('has every operation of every provider, and no route with a provider as parameter', () => {
    const paths = Object.keys(document.paths);
    for (const name of [
      'sqs/operations/sendMessage',
      'sqs/operations/sendMessageBatch',
      'sns/operations/publish',
      'sns/operations/publishSms',
      'sns/operations/subscribe',
    ]) {
      expect(paths).toContain(`/v1/integrations/${name}`);
    }
    expect(paths.filter((path) => path.includes('{operation}'))).toEqual([]);
  });

  it('has a schema and an example for every body, and a problem for every error', () => {
    for (const { route, operation } of operations) {
      const content = operation.requestBody?.content['application/json'];
      if (operation.requestBody) {
        expect({ route, schema: content?.schema }).toEqual({ route, schema: expect.anything() });
        const named = /schemas\/(\w+)/.exec(JSON.stringify(content?.schema))?.[1];
        const examples =
          content?.example ??
          content?.examples ??
          document.components.schemas[named ?? '']?.examples ??
          inner(document.components.schemas[named ?? ''] ?? content?.schema);
        expect({ route, examples }).toEqual({ route, examples: expect.anything() });
      }
      expect({ route, answers: Object.keys(operation.responses) }).toEqual({
        route,
        answers: expect.arrayContaining(['default']),
      });
    }
  });

  it('gives every operation an id of its own', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is closed: every route answers 401 without a key, except the public ones', async () => {
    const open: string[] = [];
    for (const { route, method, path } of operations) {
      const answer = await api().send(
        method.toUpperCase(),
        path.replace(/\{\w+\}/g, randomUUID()),
        method === 'get' || method === 'delete' ? undefined : {},
      );
      if (answer.status === 401) expect(statusAndCode(answer)).toEqual([401, 'UNAUTHENTICATED']);
      else open.push(route);
    }
    expect(open.sort()).toEqual(PUBLIC.filter((route) => operations.some((operation) => operation.route === route)));
  });
});

/** Examples may stand at the fields. */
function inner(schema: unknown): true | undefined {
  return JSON.stringify(schema).includes('"examples"') ? true : undefined;
}
