import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { AnyProvider } from '@puente/integrations';
import { catalog } from '@puente/providers';
import { envExample } from './gen/env-example';
import { replaceBlocks } from './gen/generated-blocks';
import { documentBlocks, documentName, newDocument } from './gen/integration-document';
import { inventory } from './gen/inventory';

/**
 * Writes everything that is derived from the code: the generated blocks of the integration documents, the inventory and
 * `.env.example`. With `--check` it writes nothing and ends with 1 when a file is not what it would write.
 */
const root = path.resolve(__dirname, '..');
const providers: readonly AnyProvider[] = catalog;

function generated(): Map<string, string> {
  const files = new Map<string, string>([
    ['MASTER_INVENTORY.yml', inventory(providers)],
    ['.env.example', envExample(providers)],
  ]);
  for (const provider of providers) {
    const file = `docs/02-integraciones/${documentName(provider)}`;
    const current = read(file);
    files.set(
      file,
      current === undefined ? newDocument(provider) : replaceBlocks(current, documentBlocks(provider), file),
    );
  }
  return files;
}

function read(file: string): string | undefined {
  const full = path.join(root, file);
  return existsSync(full) ? readFileSync(full, 'utf8') : undefined;
}

const check = process.argv.includes('--check');
const stale = [...generated()].filter(([file, text]) => read(file) !== text);
for (const [file, text] of stale) {
  if (!check) writeFileSync(path.join(root, file), text);
  process.stdout.write(`${check ? 'out of date' : 'written'}: ${file}\n`);
}
if (check && stale.length > 0) {
  process.stdout.write('Run `npm run gen` and commit what it writes.\n');
  process.exitCode = 1;
}
