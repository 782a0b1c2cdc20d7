import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(__dirname, '../..');

/** DESIGN's table, written down a second time on purpose: a slip in the rules' own table shows here. */
const ranks = [
  ['kernel'],
  ['config'],
  ['database', 'resilience', 'observability', 'queue', 'egress'],
  ['ledger', 'tenancy'],
  ['integrations'],
  ['providers'],
  ['flows'],
];
const libraries = ranks.flat();
const rankOf = (library: string): number => ranks.findIndex((names) => names.includes(library));

/** A small tree of the real shape in which nothing is wrong: every library has its door, islands have two folders. */
const sound: Record<string, string> = {
  'package.json': JSON.stringify({ dependencies: { shipped: '1.0.0' }, devDependencies: { 'test-only': '1.0.0' } }),
  ...installed('shipped', 'test-only', 'undeclared'),
  ...Object.fromEntries(libraries.map((library) => [`libs/${library}/src/index.ts`, 'export {};'])),
  'libs/kernel/src/clock.ts': `import 'node:crypto';`,
  'libs/integrations/src/testing/index.ts': `import './suite'; import 'shipped';`,
  'libs/integrations/src/testing/suite.ts': 'export {};',
  'libs/tenancy/src/vault.ts': 'export {};',
  ...island('libs/providers/src/sqs'),
  ...island('libs/providers/src/sns'),
  'libs/providers/src/catalog.ts': `import './sqs'; import './sns';`,
  'libs/providers/src/sqs/sqs.contract.spec.ts': `import 'test-only'; import './testing'; import '@puente/integrations/testing';`,
  ...island('libs/flows/src/notifications'),
  ...island('libs/flows/src/payments'),
  'apps/api/src/main.ts': `import '@puente/flows/notifications'; import '@puente/providers/sqs'; import 'shipped';`,
  'apps/worker/src/main.ts': `import '@puente/providers';`,
  'apps/sandbox/src/main.ts': `import '@puente/providers/sqs/testing'; import '@puente/integrations/testing';`,
  'test/support/database.ts': 'export {};',
  'test/e2e/journey.e2e-spec.ts': `import '../../apps/api/src/main'; import '../../libs/tenancy/src/vault';`,
  ...Object.fromEntries(
    pairs((from, to) => rankOf(to) < rankOf(from)).map(([from, to]) => importOf(from, to, 'allowed')),
  ),
};

interface Planted {
  readonly rules: readonly string[];
  readonly files: Record<string, string>;
}

/** One sin a file: the first file is the sinner, any other is there for it to sin with. */
const planted: readonly Planted[] = [
  ...pairs((from, to) => from !== to && rankOf(to) >= rankOf(from)).map(([from, to]) => {
    const [file, source] = importOf(from, to, 'planted');
    return {
      rules: from === 'kernel' ? ['kernel-is-pure', 'rank-kernel'] : [`rank-${from}`],
      files: { [file]: source },
    };
  }),
  ...libraries.map((from) => ({
    rules: [...(from === 'kernel' ? ['kernel-is-pure'] : []), `rank-${from}`],
    files: { [`libs/${from}/src/imports-app.ts`]: `import '../../../apps/worker/src/main';` },
  })),
  sin('ranked-libraries-only', 'libs/stray/src/index.ts', `import 'node:fs';`),
  sin('kernel-is-pure', 'libs/kernel/src/impure.ts', `import 'shipped';`),
  sin('providers-are-islands', 'libs/providers/src/sqs/rows.ts', `import '../sns';`),
  sin('providers-are-islands', 'libs/providers/src/sqs/register.ts', `import type {} from '../catalog';`),
  sin('flows-are-islands', 'libs/flows/src/payments/sends.ts', `import '../notifications';`),
  sin('providers-catalogue-only', 'libs/providers/src/registry.ts', `import './sqs';`),
  sin('apps-are-islands', 'apps/sandbox/src/spawn.ts', `import '../../api/src/main';`),
  sin('doors-only', 'apps/api/src/deep.ts', `import '@puente/providers/sqs/sqs.client';`),
  {
    rules: ['aliases-across-libraries', 'doors-only'],
    files: { 'libs/integrations/src/deep.ts': `import '../../tenancy/src/vault';` },
  },
  sin('aliases-across-libraries', 'libs/integrations/src/relative.ts', `import '../../tenancy/src';`),
  sin('relative-inside-a-library', 'libs/tenancy/src/own-door.ts', `import '@puente/tenancy';`),
  sin('no-testing-in-production', 'apps/api/src/demo.ts', `import '@puente/providers/sqs/testing';`),
  sin('no-testing-in-production', 'libs/integrations/src/gateway.ts', `import './testing';`),
  sin('no-tests-from-the-product', 'libs/database/src/pool.ts', `import '../../../test/support/database';`),
  {
    rules: ['no-dumping-grounds'],
    files: { 'libs/ledger/src/rows.ts': `import './utils/rows';`, 'libs/ledger/src/utils/rows.ts': 'export {};' },
  },
  {
    rules: ['no-cycles'],
    files: {
      'libs/queue/src/egg.ts': `import type {} from './hen';`,
      'libs/queue/src/hen.ts': `import type {} from './egg';`,
    },
  },
  sin('no-dev-dependencies', 'libs/ledger/src/generator.ts', `import 'test-only';`),
  sin('declared-dependencies', 'libs/ledger/src/lucky.ts', `import 'undeclared';`),
  sin('resolvable', 'libs/ledger/src/nowhere.ts', `import './nowhere-at-all';`),
];

// Two runs of the tool over the tree: seconds, but of a machine that does nothing else.
jest.setTimeout(120_000);

describe('boundaries', () => {
  let reported: Map<string, string[]>;
  let tree: string;

  beforeAll(async () => {
    tree = mkdtempSync(join(tmpdir(), 'puente-boundaries-'));
    cpSync(join(root, 'tsconfig.json'), join(tree, 'tsconfig.json'));
    write(tree, sound);
    for (const { files } of planted) write(tree, files);
    reported = await violations(tree);
  });

  afterAll(() => {
    rmSync(tree, { recursive: true, force: true });
  });

  it.each(planted.map(({ rules, files }) => [Object.keys(files)[0] ?? '', rules] as const))(
    '%s breaks %j',
    (file, rules) => {
      expect(reported.get(file)).toEqual(rules);
    },
  );

  it('has a planted violation for every rule', () => {
    expect([...new Set(planted.flatMap(({ rules }) => rules))].sort()).toEqual(ruleNames());
  });

  it('reports nothing that is allowed', () => {
    expect([...reported.keys()].filter((file) => file in sound)).toEqual([]);
  });

  it('finds the real tree clean', async () => {
    expect(Object.fromEntries(await violations(root))).toEqual({});
  });
});

/** Ordered pairs of libraries. */
function pairs(wanted: (from: string, to: string) => boolean): [string, string][] {
  return libraries.flatMap((from) =>
    libraries.filter((to) => wanted(from, to)).map((to): [string, string] => [from, to]),
  );
}

function importOf(from: string, to: string, kind: 'allowed' | 'planted'): [string, string] {
  return [`libs/${from}/src/${kind}-${to}.ts`, `import type {} from '@puente/${to}';`];
}

function sin(rule: string, file: string, source: string): Planted {
  return { rules: [rule], files: { [file]: source } };
}

function island(folder: string): Record<string, string> {
  const id = folder.split('/').at(-1) ?? '';
  return {
    [`${folder}/index.ts`]: `import './${id}.client';`,
    [`${folder}/${id}.client.ts`]: `import '@puente/kernel';`,
    [`${folder}/testing/index.ts`]: `import '@puente/integrations/testing';`,
  };
}

function installed(...names: string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => [
      [`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' })],
      [`node_modules/${name}/index.js`, ''],
    ]),
  );
}

function write(folder: string, files: Record<string, string>): void {
  for (const [file, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), source);
  }
}

function ruleNames(): string[] {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the rules are CommonJS data, read as the tool reads them
  const config = require(join(root, '.dependency-cruiser.cjs')) as { forbidden: { name: string }[] };
  return config.forbidden.map(({ name }) => name).sort();
}

/** Runs the rules as `npm run boundaries` does (the tool is an ES module, which Jest cannot load) and groups what they say by file. */
async function violations(folder: string): Promise<Map<string, string[]>> {
  const bin = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const folders = ['apps', 'libs', 'test', ...(folder === root ? ['scripts', 'bench'] : [])];
  const args = [bin, '--config', join(root, '.dependency-cruiser.cjs'), '--output-type', 'json', ...folders];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: folder,
    maxBuffer: 256 * 1024 * 1024,
    timeout: 110_000,
  });
  const { summary } = JSON.parse(stdout) as { summary: { violations: { from: string; rule: { name: string } }[] } };
  const byFile = new Map<string, string[]>();
  for (const { from, rule } of summary.violations) {
    byFile.set(from, [...new Set([...(byFile.get(from) ?? []), rule.name])].sort());
  }
  return byFile;
}
