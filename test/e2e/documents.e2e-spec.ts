import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { type AnyProvider, documentPath } from '@puente/integrations';
import { catalog } from '@puente/providers';
import { readDocument } from '../../scripts/gen/document-tree';
import { Project } from '../../scripts/gen/project';
import { specFiles, testCommands } from '../../scripts/gen/test-commands';
import { api, sandboxDataDir, sandboxFacts } from '../support/sandbox';
import { bodyOf, statusAndCode } from '../support/sandbox-client';

const root = path.resolve(__dirname, '../..');
const providers: readonly AnyProvider[] = catalog;
const project = new Project(root, providers);
const hasCurl = spawnSync('curl', ['--version']).status === 0;

const scripts = providers.flatMap((provider) => {
  const file = documentPath(provider);
  const section = readDocument(project.read(file) ?? '').find(({ heading }) => heading === 'Comandos de Test')!;
  return testCommands(section).scripts.map((command) => ({ file, ...command }));
});

/** Pastes a script into a shell that stops at the first line that fails. */
const paste = (script: string, cwd: string): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)('sh', ['-euc', script], { cwd, timeout: 200_000, maxBuffer: 64 * 1024 * 1024 });

/** SYSTEMS S4.9: what the documents tell their readers to run is run. */
describe('the commands under "Comandos de Test"', () => {
  const ofJest = scripts.filter(({ kind }) => kind === 'jest');
  const ofSandbox = scripts.filter(({ kind }) => kind === 'sandbox');

  it('exist in every document', () => {
    expect(new Set(ofJest.map(({ file }) => file)).size).toBe(providers.length);
  });

  it('pass: a provider’s contract against its stand-in', async () => {
    const { stderr } = await paste(ofJest[0]!.script, root);

    expect(stderr).toMatch(/^Tests: +[1-9]\d* passed, \d+ total$/m);
  }, 120_000);

  // The specs themselves run in the project pg, beside these: what is asked here is whether Jest would take each by the
  // name that stands in the document. All have one shape (scripts/gen/test-commands.ts).
  it('name specs that Jest finds, every one', async () => {
    const files = specFiles(ofJest);
    const { stdout } = await paste(`npx jest --listTests ${files.join(' ')}`, root);

    expect(stdout.trim().split('\n').sort()).toEqual(files.map((file) => path.join(root, file)).sort());
    expect(files.filter((file) => file.endsWith('.contract.spec.ts')).length).toBeGreaterThanOrEqual(ofJest.length);
  }, 60_000);

  describe('work by hand, next to npm start', () => {
    let folder: string;

    beforeAll(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'puente-documents-'));
      symlinkSync(sandboxDataDir(), path.join(folder, '.puente'));
    });

    afterAll(() => {
      rmSync(folder, { recursive: true, force: true });
    });

    (hasCurl ? it.each(ofSandbox) : it.skip.each(ofSandbox))('$file', async ({ file, script }) => {
      const { stdout } = await paste(script, folder);

      expect(stdout).toContain(`Prueba de ${path.basename(file).slice(0, 'INT-000'.length)}`);
    });
  });
});

describe('GET /v1/documents', () => {
  const auditor = () => api().as(sandboxFacts().keys.audit);
  const sns = project.read('docs/02-integraciones/INT-002-sns.md');

  it('lists the document of every provider, with a link to each form that leads to it', async () => {
    const { items } = bodyOf<{ items: { code: string; id: string; links: Record<'html' | 'markdown', string> }[] }>(
      await auditor().get('/v1/documents'),
      200,
    );
    expect(items.map(({ code }) => code)).toEqual(providers.map(({ meta }) => meta.code as string).sort());
    expect(items[1]).toEqual({
      ...{ code: 'INT-002', id: 'sns', title: 'Amazon SNS', vendor: 'Amazon Web Services' },
      ...{ estado: 'Implementado', multi_tenant: true, updatedOn: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) },
      links: { html: '/v1/documents/sns.html', markdown: '/v1/documents/sns.md' },
    });
    for (const { links } of items) {
      const [html, markdown] = await Promise.all([auditor().get(links.html), auditor().get(links.markdown)]);
      expect([html.status, html.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      expect([markdown.status, markdown.headers['content-type']]).toEqual([200, 'text/markdown; charset=utf-8']);
    }
  });

  it.each(['sns', 'INT-002', 'int-002-sns', 'sns.md', 'INT-002-sns.md'])(
    'gives %s as the Markdown of the repository, byte for byte',
    async (name) => {
      const answer = await auditor().get(`/v1/documents/${name}`);

      expect([answer.status, answer.text]).toEqual([200, sns]);
    },
  );

  it('gives a browser a page that runs nothing and leads to the other documents', async () => {
    const answer = await auditor().get('/v1/documents/sns', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });

    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringMatching(/^default-src 'none'; style-src 'sha256-/),
      vary: 'accept',
    });
    expect(answer.text).toContain('<h1>INT-002: Amazon SNS</h1>');
    expect(answer.text).toContain('<td><code>AWS_SNS_PROBE_TOPIC_ARN</code></td>');
    expect(answer.text).not.toMatch(/<script|generado:|revisado:/);
  });

  it.each(['nada', 'INT-099', '..%2f..%2fpackage.json', 'TEMPLATE-INTEGRACION-EXTERNA.md'])(
    'has no document %s',
    async (name) => {
      expect(statusAndCode(await auditor().get(`/v1/documents/${name}`))).toEqual([404, 'DOCUMENT_NOT_FOUND']);
    },
  );

  it('says which forms there are to a client that accepts none of them', async () => {
    const answer = await auditor().get('/v1/documents/sns', { accept: 'application/pdf' });

    expect(statusAndCode(answer)).toEqual([406, 'NOT_ACCEPTABLE']);
    expect(answer.text).toContain('text/markdown or text/html');
  });

  it.each(['client', 'platform'] as const)('is closed to a key with the scope %s', async (scope) => {
    for (const route of ['/v1/documents', '/v1/documents/sns', '/v1/inventory'])
      expect(statusAndCode(await api().as(sandboxFacts().keys[scope]).get(route))).toEqual([403, 'FORBIDDEN']);
  });
});

describe('GET /v1/inventory', () => {
  const auditor = () => api().as(sandboxFacts().keys.audit);

  it('says what MASTER_INVENTORY.yml says, and the operations', async () => {
    const written = parse(project.read('MASTER_INVENTORY.yml') ?? '') as { integraciones: object[] };
    const served = bodyOf<{ integraciones: object[] }>(await auditor().get('/v1/inventory'), 200);

    expect(served).toMatchObject(written);
    expect(served.integraciones).toHaveLength(written.integraciones.length);
  });

  it('is YAML for whoever asks for it', async () => {
    const answer = await auditor().get('/v1/inventory', { accept: 'application/yaml' });

    expect(answer.headers['content-type']).toBe('application/yaml; charset=utf-8');
    expect(parse(answer.text)).toEqual((await auditor().get('/v1/inventory')).body);
  });
});

describe('puente docs', () => {
  const puente = (...args: string[]) =>
    spawnSync(process.execPath, ['dist/apps/cli/src/main.js', 'docs', ...args], {
      cwd: root,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
    });

  it('lists and shows them without a database', () => {
    expect(puente('list').stdout).toMatch(/^INT-002\tsns\t\d{4}-\d\d-\d\d\tAmazon SNS$/m);
    expect(puente('show', 'int-002').stdout).toBe(project.read('docs/02-integraciones/INT-002-sns.md'));
  });
});
