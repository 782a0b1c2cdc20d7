import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse, stringify } from 'yaml';

const root = path.resolve(__dirname, '../..');

/** One thing a person forgets at a route, and the rule that must notice. */
const forgotten: readonly (readonly [rule: string, forget: (document: Document) => void])[] = [
  ['operation-summary', ({ create }) => delete create['summary']],
  ['operation-operationId-unique', ({ create, list }) => (list['operationId'] = create['operationId'])],
  ['operation-tag-defined', ({ create }) => (create['tags'] = ['Nobody knows'])],
  ['parameter-description', ({ limit }) => delete limit['description']],
  ['puente/access', ({ create }) => (create['x-puente-scopes'] = [])],
  ['puente/examples', ({ verification }) => delete verification['examples']],
  ['no-invalid-schema-examples', ({ tenant }) => (tenant['examples'] = [{ id: 'not a uuid' }])],
  ['operation-4xx-response', ({ create }) => (create['responses'] = { 201: { description: 'Created.' } })],
];

type Node = Record<string, unknown>;

interface Document {
  readonly whole: Node;
  readonly create: Node;
  readonly list: Node;
  readonly limit: Node;
  readonly tenant: Node;
  readonly verification: Node;
}

describe('the linter of the OpenAPI file', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), 'puente-openapi-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('names everything that was forgotten', async () => {
    const document = load();
    for (const [, forget] of forgotten) forget(document);
    const file = path.join(folder, 'openapi.yaml');
    writeFileSync(file, stringify(document.whole, { aliasDuplicateObjects: false }));

    const { code, said } = await lint(file);

    expect(forgotten.map(([rule]) => rule).filter((rule) => !said.includes(`(${rule})`))).toEqual([]);
    expect(code).toBe(1);
  });

  it('finds nothing in the file that is there', async () => {
    expect(await lint(path.join(root, 'docs/openapi.yaml'))).toEqual({ code: 0, said: '' });
  });
});

function load(): Document {
  const whole = parse(readFileSync(path.join(root, 'docs/openapi.yaml'), 'utf8')) as Node;
  const { paths, components } = whole as unknown as {
    paths: Record<string, { post: Node; get: Node & { parameters: Node[] } }>;
    components: { schemas: Record<string, Node> };
  };
  const { post: create, get: list } = paths['/v1/tenants']!;
  const limit = list.parameters.find(({ name }) => name === 'limit')!;
  const { TenantView: tenant, AuditVerification: verification } = components.schemas;
  return { whole, create, list, limit, tenant: tenant!, verification: verification! };
}

/** A process of its own: the linter is an ES module, which Jest cannot load. */
function lint(file: string): Promise<{ code: number; said: string }> {
  const args = ['--require', path.join(root, 'scripts/register.cjs'), path.join(root, 'scripts/lint-openapi.ts'), file];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, said: stdout + stderr });
    });
  });
}
