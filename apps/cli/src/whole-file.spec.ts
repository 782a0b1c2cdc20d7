import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeWholeFile } from './whole-file';

describe('a file that is there whole or not at all', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'puente-file-'));
    file = path.join(folder, 'tenant.ndjson');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('belongs to its owner alone, and replaces what was there', async () => {
    writeFileSync(file, 'old', { mode: 0o644 });
    await writeWholeFile(file, texts('a\n', 'b\n'));

    expect(readFileSync(file, 'utf8')).toBe('a\nb\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['tenant.ndjson']);
  });

  it('is the old one when the new one breaks off, and nothing else is left', async () => {
    writeFileSync(file, 'old');
    await expect(writeWholeFile(file, breaking('a\n'))).rejects.toThrow('it broke off');

    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['tenant.ndjson']);
  });
});

async function* texts(...parts: readonly string[]): AsyncGenerator<string> {
  yield* parts;
}

async function* breaking(part: string): AsyncGenerator<string> {
  yield part;
  throw new Error('it broke off');
}
