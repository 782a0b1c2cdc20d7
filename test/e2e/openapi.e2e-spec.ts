import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { api, sandboxFacts } from '../support/sandbox';
import { bodyOf } from '../support/sandbox-client';

interface OpenApi {
  readonly openapi: string;
  readonly servers?: readonly { readonly url: string }[];
}

describe('the OpenAPI document', () => {
  let document: OpenApi;

  beforeAll(async () => {
    document = bodyOf<OpenApi>(await api().get('/docs-json'), 200);
  });

  it('is 3.1, names this server, and is shown to people at /docs', async () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(document.servers?.map(({ url }) => url)).toContain(sandboxFacts().apiUrl);
    const page = await api().get('/docs');
    expect([page.status, page.headers['content-type']]).toEqual([200, expect.stringContaining('text/html')]);
  });

  it('is the file in the tree, which tools read and `npm run check` lints', () => {
    const { servers: _ours, ...served } = document;
    const file: unknown = parse(readFileSync(path.resolve(__dirname, '../../docs/openapi.yaml'), 'utf8'));

    expect(served).toEqual(file);
  });
});
