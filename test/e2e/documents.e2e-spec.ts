import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { AnyProvider } from '@puente/integrations';
import { catalog } from '@puente/providers';
import { readDocument } from '../../scripts/gen/document-tree';
import { documentPath } from '../../scripts/gen/integration-document';
import { Project } from '../../scripts/gen/project';
import { testCommands } from '../../scripts/gen/test-commands';
import { sandboxDataDir } from '../support/sandbox';

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
  promisify(execFile)('sh', ['-euc', script], { cwd, timeout: 110_000, maxBuffer: 64 * 1024 * 1024 });

/** SYSTEMS S4.9: what the documents tell their readers to run is run. */
describe('the commands under "Comandos de Test"', () => {
  const ofJest = scripts.filter(({ kind }) => kind === 'jest');
  const ofSandbox = scripts.filter(({ kind }) => kind === 'sandbox');

  it('exist in every document', () => {
    expect(new Set(ofJest.map(({ file }) => file)).size).toBe(providers.length);
  });

  it('pass: each provider’s contract against its stand-in', async () => {
    // Each starts a PostgreSQL of its own and mostly waits for it: two at a time cost hardly more than one.
    const queue = ofJest.values();
    const outputs = new Map<string, string>();
    const work = async (): Promise<void> => {
      for (const { file, script } of queue) outputs.set(file, (await paste(script, root)).stderr);
    };
    await Promise.all([work(), work()]);
    expect(outputs.size).toBe(ofJest.length);
    for (const output of outputs.values()) expect(output).toMatch(/^Tests: +[1-9]\d* passed, \d+ total$/m);
  }, 240_000);

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
