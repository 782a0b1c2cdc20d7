import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { InvalidOptionsError } from './options.errors';
import type { NewProviderOptions } from './options';

export const PROVIDERS = 'libs/providers/src';
const CATALOGUE = `${PROVIDERS}/catalog.ts`;

/** A provider like any other, except that nobody has it: `npm run check` and its contract spec keep it right. */
const TEMPLATE = path.join(__dirname, 'template/acme-shop');

/** Path from the root → text. */
export type NewFiles = ReadonlyMap<string, string>;

/**
 * The folder of a new provider and the catalogue with its line, formatted as the tree is.
 *
 * @param today ISO date
 * @throws {InvalidOptionsError} the id is taken
 */
export async function providerFiles(root: string, options: NewProviderOptions, today: string): Promise<NewFiles> {
  const folder = `${PROVIDERS}/${options.id}`;
  if (existsSync(path.join(root, folder)))
    throw new InvalidOptionsError(`There is a provider ${options.id} already: ${folder}.`);
  const words = wordsOf(options, nextCode(root), today);
  const style = await resolveConfig(path.join(root, CATALOGUE));
  const files = new Map<string, string>();
  for (const name of readdirSync(TEMPLATE, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!name.endsWith('.ts')) continue;
    const source = renamed(readFileSync(path.join(TEMPLATE, name), 'utf8'), words);
    const file = `${folder}/${renamed(name.replaceAll(path.sep, '/'), words)}`;
    files.set(file, await format(source, { ...style, parser: 'typescript' }));
  }
  return files.set(CATALOGUE, withLine(readFileSync(path.join(root, CATALOGUE), 'utf8'), options));
}

/** One more than the highest: what is free in between is promised to somebody. */
export function nextCode(root: string): string {
  const codes = readdirSync(path.join(root, PROVIDERS), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => readFileSync(path.join(root, PROVIDERS, name, `${name}.provider.ts`), 'utf8'))
    .map((source) => Number(/\bcode: 'INT-(\d{3})'/.exec(source)?.[1] ?? 0));
  return `INT-${String(Math.max(0, ...codes) + 1).padStart(3, '0')}`;
}

/** What the template says → what the new provider says; the longer one first where one is part of another. */
type Words = readonly (readonly [templates: string, own: string])[];

function wordsOf(options: NewProviderOptions, code: string, today: string): Words {
  const { id, name, Name, NAME, table, title, vendor, category, model } = options;
  const globalFields = model === 'hybrid' ? " globalFields: ['apiKey', 'endpoint']," : '';
  return [
    ["'Acme Shop'", JSON.stringify(title)],
    ["'Acme Inc.'", JSON.stringify(vendor)],
    ['Acme Shop', title],
    ['acme-shop', id],
    ['acmeShop', name],
    ['AcmeShop', Name],
    ['ACME_SHOP', NAME],
    ['acme_shop', table],
    ['INT-999', code],
    ['2026-01-01', today],
    ["category: 'Mensajeria'", `category: '${category}'`],
    ["inventoryType: 'mensajeria'", `inventoryType: '${category.toLowerCase()}'`],
    ["model: 'tenant',", `model: '${model}',${globalFields}`],
  ];
}

/** In one pass, so that no word of a title is taken for a word of the template. */
function renamed(text: string, words: Words): string {
  const all = new RegExp(words.map(([from]) => from.replace(/[.]/g, '\\.')).join('|'), 'g');
  return text.replace(all, (found) => words.find(([from]) => from === found)?.[1] ?? found);
}

/** One line, where the alphabet has it. */
function withLine(catalogue: string, { id, name }: NewProviderOptions): string {
  const lines = catalogue.trimEnd().split('\n');
  const added = `export { ${name} } from './${id}';`;
  const after = lines.findIndex((line) => line.startsWith('export ') && line > added);
  return `${lines.toSpliced(after < 0 ? lines.length : after, 0, added).join('\n')}\n`;
}
