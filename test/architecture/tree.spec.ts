import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';

const root = resolve(__dirname, '../..');

/** What a reader of the design expects to find, and where. */
const expected = [
  ...['api', 'worker', 'sandbox', 'cli'].map((app) => `apps/${app}/src/main.ts`),
  ...['kernel', 'config', 'database', 'resilience', 'observability', 'queue', 'egress'].map(
    (library) => `libs/${library}/src/index.ts`,
  ),
  ...['ledger', 'tenancy', 'integrations', 'providers'].map((library) => `libs/${library}/src/index.ts`),
  'libs/integrations/src/testing/index.ts',
  ...['notifications', 'functions'].map((flow) => `libs/flows/src/${flow}/index.ts`),
  'libs/providers/src/catalog.ts',
  ...['e2e', 'architecture', 'faults', 'support'].map((folder) => `test/${folder}`),
  ...['docs/02-integraciones', 'docs/adr/README.md', 'scripts', 'bench', '.ci/run'],
  ...['MASTER_INVENTORY.yml', 'nest-cli.json', 'package.json', 'tsconfig.json', '.env.example'],
  ...['README.md', 'README.es.md', 'CHANGELOG.md', 'LICENSE'],
];

/** The last word before `.ts` that says what a file is for. A file without one is named after the one thing it exports. */
const roles = [
  ...[
    'module',
    'controller',
    'service',
    'repository',
    'entity',
    'dto',
    'guard',
    'filter',
    'decorator',
    'interceptor',
    'port',
  ],
  ...[
    'provider',
    'client',
    'schemas',
    'errors',
    'webhook',
    'consumer',
    'rule',
    'schedule',
    'dispatcher',
    'reconciler',
    'handler',
  ],
  ...[
    'command',
    'stack',
    'config',
    'events',
    'stand-in',
    'main',
    'exception',
    'pipe',
    'parser',
    'log',
    'tables',
    'health',
    'options',
    'transport',
  ],
  ...[
    'spec',
    'pg.spec',
    'contract.spec',
    'e2e-spec',
    'browser-spec',
    'root.spec',
    'fixture',
    'cases',
    'global-setup',
    'global-teardown',
    'setup',
  ],
];

describe('tree', () => {
  it.each(expected)('has %s', (path) => {
    expect(existsSync(join(root, path))).toBe(true);
  });

  it('has no folder that stands for nothing', () => {
    expect(folders().filter((folder) => /^(common|utils?|helpers?|shared)$/.test(basename(folder)))).toEqual([]);
  });

  it('names folders and files in kebab-case', () => {
    const ours = folders().filter((folder) => !isOdooAddon(folder));
    const names = [...ours, ...sources().map((file) => file.replace(/[.].*$/, ''))];
    expect(names.filter((path) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(basename(path)))).toEqual([]);
  });

  it('names the role of a file with a word everybody knows', () => {
    const unknown = sources().filter((file) => {
      const [, role] = /^[^.]+[.](.+)[.]ts$/.exec(basename(file)) ?? [];
      return role !== undefined && !known(role);
    });
    expect(unknown).toEqual([]);
  });

  it('numbers every decision record once and lists it in the index', () => {
    const records = readdirSync(join(root, 'docs/adr')).filter((name) => name !== 'README.md');
    const index = readFileSync(join(root, 'docs/adr/README.md'), 'utf8');
    const numbers = records.map((name) => /^(\d{4})-[a-z0-9-]+[.]md$/.exec(name)?.[1]);

    expect([...numbers].sort()).toEqual(records.map((_, at) => String(at + 1).padStart(4, '0')));
    expect(records.filter((name) => !index.includes(`(${name})`))).toEqual([]);
  });
});

/** `order.service.pg.spec.ts` is a known role before a known kind of test. */
function known(role: string): boolean {
  return (
    roles.includes(role) || roles.some((last) => role.endsWith(`.${last}`) && known(role.slice(0, -last.length - 1)))
  );
}

function entries(): { path: string; isFolder: boolean }[] {
  return ['apps', 'libs', 'test', 'scripts', 'bench'].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, withFileTypes: true }).map((entry) => ({
      path: relative(root, join(entry.parentPath, entry.name)),
      isFolder: entry.isDirectory(),
    })),
  );
}

function folders(): string[] {
  return entries().flatMap(({ path, isFolder }) => (isFolder ? [path] : []));
}

function sources(): string[] {
  return entries().flatMap(({ path, isFolder }) => (!isFolder && path.endsWith('.ts') ? [path] : []));
}

/** An addon of Odoo is a Python package: its folder is the name it is imported by, which has no hyphens. */
function isOdooAddon(folder: string): boolean {
  return existsSync(join(root, folder, '__manifest__.py'));
}
