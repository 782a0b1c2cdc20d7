import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { echo } from '../echo-provider.fixture';
import { ProviderCatalogue } from '../provider-catalogue';
import { DocumentLibrary } from './document-library';

describe('DocumentLibrary', () => {
  let root: string;
  const providers = new ProviderCatalogue([echo]).providers;
  const file = `${echo.meta.code}-${echo.meta.id}.md`;
  const text = `# ${echo.meta.code}: Echo\n\n| Estado | Implementado |\n\n**Ultima actualizacion:** 2026-01-02\n`;
  const write = (markdown: string): void => {
    writeFileSync(path.join(root, 'docs/02-integraciones', file), markdown);
  };

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'puente-library-'));
    mkdirSync(path.join(root, 'docs/02-integraciones'), { recursive: true });
  });

  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  it('finds a document by id, by code, or by both, in any case', () => {
    write(text);
    const library = new DocumentLibrary(providers, root);

    for (const name of [echo.meta.id, echo.meta.code, file.replace('.md', ''), echo.meta.code.toLowerCase()])
      expect(library.get(name)).toMatchObject({
        id: echo.meta.id,
        estado: 'Implementado',
        updatedOn: '2026-01-02',
        markdown: text,
      });
  });

  it.each(['nothing', '../../package.json', '', '__proto__'])('has no document %j', (name) => {
    write(text);

    expect(() => new DocumentLibrary(providers, root).get(name)).toThrow('There is no integration document');
  });

  it('says at boot which document is missing', () => {
    expect(() => new DocumentLibrary(providers, root)).toThrow(
      `${file} does not exist. Install the program with its docs`,
    );
  });

  it('says at boot which document is none', () => {
    write('# Nothing\n');

    expect(() => new DocumentLibrary(providers, root)).toThrow('has no Estado or no Ultima actualizacion');
  });
});
