import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { catalog } from '../../libs/providers/src/catalog';

const root = resolve(__dirname, '../..');
const documents = 'docs/02-integraciones';

interface InventoryRow {
  readonly nombre: string;
  readonly proveedor: string;
  readonly tipo: string;
  readonly estado: string;
  readonly multi_tenant: boolean;
  readonly documentacion: string;
}

/** The catalogue is what the product knows; everything else has to say the same. */
const listed = Object.values(catalog).map(({ meta, credentials }) => ({
  id: meta.id,
  title: meta.title,
  code: meta.code,
  multiTenant: credentials.model !== 'global',
  document: `${documents}/${meta.code}-${meta.id}.md`,
}));

/** The directive's headings, verbatim and in order (SYSTEMS S4.1). */
const headings = [
  '## Metadata',
  '## Descripcion',
  '## Credenciales Requeridas',
  '## Endpoints/SDK Utilizados',
  '## Rate Limits',
  '## Manejo de Errores',
  '## Fallbacks',
  '## Multi-tenant',
  '## Webhooks (si aplica)',
  '## Testing',
  '### Sandbox/Test Mode',
  '### Comandos de Test',
  '## Monitoreo',
  '## Referencias',
];

describe('catalogue = folders = documents = inventory', () => {
  it('gives every provider an id and a code of its own', () => {
    expect(new Set(listed.map(({ id }) => id)).size).toBe(listed.length);
    expect(new Set(listed.map(({ code }) => code)).size).toBe(listed.length);
    expect(listed.filter(({ code }) => !/^INT-\d{3}$/.test(code))).toEqual([]);
  });

  it('lists every folder, and only folders that exist', () => {
    const folders = readdirSync(join(root, 'libs/providers/src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    expect(folders.sort()).toEqual(listed.map(({ id }) => id).sort());
  });

  it.each(listed.map(({ id }) => id))('%s has the files every provider has', (id) => {
    const expected = [
      ...['provider', 'module', 'schemas', 'client', 'errors', 'contract.spec'].map((role) => `${id}.${role}.ts`),
      ...['index.ts', 'testing/index.ts', `testing/${id}.stand-in.ts`],
    ];
    expect(expected.filter((file) => !existsSync(join(root, 'libs/providers/src', id, file)))).toEqual([]);
  });

  it('has one document for each, and none left over', () => {
    const found = readdirSync(join(root, documents)).filter((name) => name.startsWith('INT-'));
    expect(found.map((name) => `${documents}/${name}`).sort()).toEqual(listed.map(({ document }) => document).sort());
  });

  it.each(listed.map(({ document, code, title }) => [document, code, title] as const))(
    '%s follows the template of the directive',
    (document, code, title) => {
      const lines = readFileSync(join(root, document), 'utf8').trimEnd().split('\n');

      expect(lines[0]).toBe(`# ${code}: ${title}`);
      expect(lines.filter((line) => headings.includes(line.trimEnd()))).toEqual(headings);
      expect(lines.filter((line) => line.startsWith('## ') && !headings.includes(line))).toEqual([]);
      expect(lines.at(-1)).toMatch(/^\*\*Ultima actualizacion:\*\* \d{4}-\d{2}-\d{2}$/);
    },
  );

  it('has one inventory row for each, with the fields of the directive', () => {
    const { integraciones } = parse(readFileSync(join(root, 'MASTER_INVENTORY.yml'), 'utf8')) as {
      integraciones: InventoryRow[];
    };

    expect(integraciones.map(({ documentacion }) => documentacion).sort()).toEqual(
      listed.map(({ document }) => document).sort(),
    );
    for (const row of integraciones) {
      const provider = listed.find(({ document }) => document === row.documentacion);
      expect(row).toMatchObject({ nombre: provider?.title, estado: 'activo', multi_tenant: provider?.multiTenant });
      expect([typeof row.proveedor, typeof row.tipo]).toEqual(['string', 'string']);
    }
  });
});
