import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CATALOGUE_CHECKS, checkProject } from '../../scripts/gen/checks';
import { sentence } from '../../scripts/gen/finding';
import { Project } from '../../scripts/gen/project';
import { catalog } from '../../libs/providers/src';

const root = resolve(__dirname, '../..');
const ids = catalog.map(({ meta }): string => meta.id);

describe('the catalogue', () => {
  it('is what folders, documents, inventory and .env.example say', async () => {
    const findings = await checkProject(new Project(root, catalog), CATALOGUE_CHECKS);

    expect(findings.filter(({ isWarning }) => isWarning !== true).map(sentence)).toEqual([]);
  });

  it.each(ids)('%s has the files every provider has', (id) => {
    const expected = [
      ...['provider', 'module', 'schemas', 'client', 'errors', 'contract.spec'].map((role) => `${id}.${role}.ts`),
      ...['index.ts', 'testing/index.ts', `testing/${id}.stand-in.ts`],
    ];
    expect(expected.filter((file) => !existsSync(join(root, 'libs/providers/src', id, file)))).toEqual([]);
  });

  it.each(ids)('%s documents every error code to which its folder gives a meaning of its own', async (id) => {
    const source = (await import(join(root, 'libs/providers/src', id, `${id}.errors.ts`))) as Record<string, unknown>;
    const given = source[`${id}Codes`];
    const documented = catalog.find(({ meta }) => meta.id === id)?.errors.map(({ code }) => code);

    expect(documented).toEqual(expect.arrayContaining(Object.keys(given ?? {})));
  });
});
