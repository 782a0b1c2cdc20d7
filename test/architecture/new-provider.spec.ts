import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');
const NOT_COPIED = ['.git', '.puente', 'coverage', 'dist', 'node_modules'];
const OPTIONS = ['--title', 'Toy "box"', '--vendor', "Toy's & Sons", '--category', 'pagos', '--model', 'hybrid'];
const FOLDER = 'libs/providers/src/toy-box';
const GENERATED = ['.env.example', 'MASTER_INVENTORY.yml', 'docs/openapi.yaml', 'docs/prometheus/puente.rules.yml'];

// Processes over a copy of the tree: seconds, but of a machine that does nothing else.
jest.setTimeout(120_000);

describe('npm run new:provider', () => {
  let copy: string;
  let before: ReadonlyMap<string, string>;
  let said: string;
  let document: string;

  beforeAll(async () => {
    copy = mkdtempSync(path.join(tmpdir(), 'puente-new-provider-'));
    cpSync(root, copy, { recursive: true, filter: (file) => !NOT_COPIED.includes(path.relative(root, file)) });
    symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'), 'dir');
    before = texts();
    said = (await script('new-provider.ts', 'toy-box', ...OPTIONS)).said;
    document = [...texts().keys()].find((file) => file.endsWith('-toy-box.md')) ?? '';
  });

  afterAll(() => {
    rmSync(copy, { recursive: true, force: true });
  });

  it('touches one folder, one line of the catalogue, and what is generated', () => {
    const after = texts();
    const touched = [...after.keys()].filter((file) => after.get(file) !== before.get(file));
    const outside = touched.filter((file) => !file.startsWith(`${FOLDER}/`));
    const lines = (files: ReadonlyMap<string, string>) => files.get('libs/providers/src/catalog.ts')?.split('\n') ?? [];

    expect(outside.sort()).toEqual([...GENERATED, document, 'libs/providers/src/catalog.ts'].sort());
    expect(lines(after).filter((line) => !lines(before).includes(line))).toEqual([
      `export { toyBox } from './toy-box';`,
    ]);
    expect(lines(after)).toHaveLength(lines(before).length + 1);
    expect([...before.keys()].filter((file) => !after.has(file))).toEqual([]);
  });

  it('ends with a list of what only a person can write, and nothing else', () => {
    const list = said.split('\n').filter((line) => line.startsWith('- '));

    expect(list.filter((line) => !/somebody has yet to write this|nobody has compared it with/.test(line))).toEqual([]);
    for (const file of [document, `${FOLDER}/toy-box.provider.ts`, `${FOLDER}/toy-box.errors.ts`]) {
      expect(list.filter((line) => line.includes(file))).not.toEqual([]);
    }
  });

  it('makes a provider that keeps the contract, in the tree’s format', async () => {
    expect(await tool('jest/bin/jest.js', '--selectProjects', 'pg', '--', FOLDER)).toMatchObject({ code: 0 });
    expect(await tool('prettier/bin/prettier.cjs', '--check', FOLDER)).toMatchObject({ code: 0 });
  });

  it('makes a document that cannot drift: the check names it when a limit, an error code or a credential changes', async () => {
    edit('toy-box.provider.ts', 'quota: 100', 'quota: 120');
    edit('toy-box.errors.ts', "code: 'INVALID_REQUEST'", "code: 'BAD_DATA'");
    edit('toy-box.provider.ts', "variable: 'TOY_BOX_API_KEY'", "variable: 'TOY_BOX_TOKEN'");

    const check = await script('gen.ts', '--check');

    expect(check.code).toBe(1);
    for (const finding of [
      `${document}: it is not what follows from the code now`,
      `${document}, "Rate Limits": the row "Escribir aquí qué se cuenta" does not say "120"`,
      `${document}, "Manejo de Errores": no row for error code "BAD_DATA"`,
      `${document}, "Credenciales Requeridas": no row for variable "TOY_BOX_TOKEN"`,
    ]) {
      expect(check.said).toContain(finding);
    }
  });

  it('refuses an id that is taken, and writes nothing', async () => {
    const now = texts();

    const again = await script('new-provider.ts', 'toy-box', ...OPTIONS);

    expect(again).toEqual({ code: 1, said: expect.stringContaining('There is a provider toy-box already') });
    expect(texts()).toEqual(now);
  });

  function texts(): Map<string, string> {
    const files = [
      '.env.example',
      'MASTER_INVENTORY.yml',
      ...['apps', 'docs', 'libs', 'scripts', 'test'].flatMap(filesIn),
    ];
    return new Map(files.map((file) => [file, readFileSync(path.join(copy, file), 'utf8')]));
  }

  function filesIn(folder: string): string[] {
    return readdirSync(path.join(copy, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(copy, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'));
  }

  function edit(file: string, from: string, to: string): void {
    const full = path.join(copy, FOLDER, file);
    const text = readFileSync(full, 'utf8');
    expect(text).toContain(from);
    writeFileSync(full, text.replace(from, to));
  }

  function script(name: string, ...args: string[]): Promise<Ended> {
    return run(['--require', path.join(copy, 'scripts/register.cjs'), path.join(copy, 'scripts', name), ...args]);
  }

  function tool(bin: string, ...args: string[]): Promise<Ended> {
    return run([path.join(copy, 'node_modules', bin), ...args]);
  }

  function run(args: readonly string[]): Promise<Ended> {
    return new Promise((resolve) => {
      execFile(process.execPath, args, { cwd: copy, timeout: 110_000 }, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code ?? 1) : 0, said: stdout + stderr });
      });
    });
  }
});

interface Ended {
  readonly code: number;
  readonly said: string;
}
