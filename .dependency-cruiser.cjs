'use strict';
/**
 * Who may import whom. An import points to a lower rank, through a library's door, and never from one island to
 * another (docs/adr/0001-ranks.md). test/architecture/boundaries.spec.ts plants one violation per rule and expects
 * each to be caught by its name.
 */

/** Rank 7 is apps/. A library that is missing here is reported by `ranked-libraries-only`. */
const ranks = {
  kernel: 0,
  config: 1,
  database: 2,
  resilience: 2,
  observability: 2,
  queue: 2,
  egress: 2,
  ledger: 3,
  tenancy: 3,
  integrations: 4,
  providers: 5,
  flows: 6,
};

const libraries = Object.keys(ranks);
const oneOf = (names) => `(${names.join('|')})`;

const spec = '[.](spec|e2e-spec)[.]ts$';
const testing = '^(apps|libs)/.+/testing/';
/** What a library shows to others: its index, and the folders that have an alias of their own. */
const doors = [
  '^libs/[^/]+/src/index[.]ts$',
  '^libs/integrations/src/testing/index[.]ts$',
  '^libs/integrations/src/testing/contract-suite/index[.]ts$',
  '^libs/(providers|flows)/src/[^/]+/index[.]ts$',
  '^libs/(providers|flows)/src/[^/]+/testing/index[.]ts$',
];

/** @returns one rule per library: nothing of its own rank or above, itself excepted. */
function rankRule(library) {
  const outOfReach = libraries.filter((other) => other !== library && ranks[other] >= ranks[library]);
  const forbidden = ['apps/', ...outOfReach.map((other) => `libs/${other}/`)];
  return {
    name: `rank-${library}`,
    comment: `libs/${library} has rank ${ranks[library]}: it imports only lower ranks. Declare a port and let the app bind it.`,
    severity: 'error',
    from: { path: `^libs/${library}/` },
    to: { path: `^${oneOf(forbidden)}` },
  };
}

/** @returns a rule that keeps the folders of one library from knowing each other, or anything beside them. */
function islands(library) {
  return {
    name: `${library}-are-islands`,
    comment: `A folder of libs/${library}/src imports nothing else of libs/${library}: removing one must not touch another.`,
    severity: 'error',
    from: { path: `^libs/${library}/src/([^/]+)/` },
    to: { path: `^libs/${library}/src/`, pathNot: `^libs/${library}/src/$1/` },
  };
}

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...libraries.map(rankRule),
    {
      name: 'ranked-libraries-only',
      comment: 'Every library has a rank: add it to the table in .dependency-cruiser.cjs.',
      severity: 'error',
      from: { path: '^libs/', pathNot: `^libs/${oneOf(libraries)}/` },
      to: {},
    },
    {
      name: 'kernel-is-pure',
      comment: 'The kernel imports Node built-ins and itself, nothing else: everything stands on it.',
      severity: 'error',
      from: { path: '^libs/kernel/', pathNot: spec },
      to: { pathNot: '^libs/kernel/', dependencyTypesNot: ['core'] },
    },
    islands('providers'),
    islands('flows'),
    {
      name: 'providers-catalogue-only',
      comment: 'Beside the folders, only catalog.ts and index.ts know which providers exist.',
      severity: 'error',
      from: { path: '^libs/providers/src/[^/]+$', pathNot: ['^libs/providers/src/(catalog|index)[.]ts$', spec] },
      to: { path: '^libs/providers/src/[^/]+/' },
    },
    {
      name: 'apps-are-islands',
      comment: 'An app never imports another app. The sandbox starts the others by path, as processes.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'doors-only',
      comment: 'Across libraries, import the door (`@puente/<lib>`), never a file behind it.',
      severity: 'error',
      from: { path: '^(libs|apps)/([^/]+)/' },
      to: { path: '^libs/', pathNot: ['^$1/$2/', ...doors] },
    },
    {
      name: 'aliases-across-libraries',
      comment: 'Across libraries, write `@puente/<lib>`; a relative path hides the boundary.',
      severity: 'error',
      from: { path: '^(libs|apps)/([^/]+)/' },
      to: { path: '^libs/', pathNot: '^$1/$2/', dependencyTypesNot: ['aliased'] },
    },
    {
      name: 'relative-inside-a-library',
      comment: 'Inside a library, import the file itself; going through the own door makes cycles.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/' },
      to: { path: '^libs/$1/', dependencyTypes: ['aliased'] },
    },
    {
      name: 'no-testing-in-production',
      comment: 'Stand-ins and contract suites are for tests, for each other, and for apps/sandbox.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: ['^apps/sandbox/', testing, spec] },
      to: { path: [testing, spec] },
    },
    {
      name: 'no-tests-from-the-product',
      comment: 'apps/ and libs/ stand without test/, scripts/ and bench/.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: spec },
      to: { path: '^(test|scripts|bench)/' },
    },
    {
      name: 'no-dumping-grounds',
      comment: 'common, utils, helpers and shared say nothing: name the thing and give it a home.',
      severity: 'error',
      from: {},
      to: { path: '/(common|util|utils|helper|helpers|shared)[/.]', pathNot: 'node_modules/' },
    },
    {
      name: 'no-cycles',
      comment: 'Files that need each other are one file, or miss a third one below both.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-dev-dependencies',
      comment: 'The product runs after `npm ci --omit=dev`.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: spec },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'declared-dependencies',
      comment: 'A package that package.json does not name is there by accident.',
      severity: 'error',
      from: { path: '^(apps|libs|test|scripts|bench)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'resolvable',
      comment: 'The import leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['require', 'node', 'default', 'types'],
      mainFields: ['main', 'types'],
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json', '.d.ts'],
    },
    reporterOptions: { text: { highlightFocused: true } },
  },
};
