import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import * as regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

/** Code that proves or makes the product but is not shipped with it. */
const notShipped = [
  ...['**/*.spec.ts', '**/*.e2e-spec.ts', '**/*.fixture.ts', '**/*.cases.ts'],
  ...['test/**/*.ts', 'bench/**/*.ts'],
  // All scripts but the template of a provider: what is copied from it is shipped.
  ...['scripts/*.ts', 'scripts/!(new-provider)/**/*.ts', 'scripts/new-provider/*.ts'],
];
/** Where a process begins. It reads its environment here, once, through the schema of libs/config. */
const mains = ['**/main.ts', '**/*.main.ts'];

const noForwardRef = {
  name: '@nestjs/common',
  importNames: ['forwardRef'],
  message: 'A cycle between modules is a missing port: declare an abstract class below and let the app bind it.',
};
const noEnv = {
  name: 'node:process',
  importNames: ['env'],
  message: 'The environment is read in libs/config and main.ts only, as process.env.',
};

/** What the syntax alone can tell. Listed once: a later block that sets the rule replaces the whole list. */
const alwaysForbidden = [
  {
    selector: 'ExportDefaultDeclaration',
    message: 'Export by name: a name that is the same everywhere can be searched for.',
  },
  {
    selector: "MethodDefinition[kind='constructor'] > FunctionExpression[params.length>5]",
    message: 'More than five dependencies: the class does more than one thing.',
  },
  {
    selector: 'ImportExpression[source.value=/^@puente\\u002f/]',
    message: 'The compiler does not rewrite an alias inside import(): the built program could not find it.',
  },
];
const noTestSwitch = {
  selector: 'MemberExpression[property.name=/^(NODE_ENV|JEST_WORKER_ID)$/]',
  message: 'No code asks whether it is a test or where it runs: configuration says what differs.',
};

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', 'node_modules/', '.puente/']),
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
  },
  {
    files: ['**/*.ts'],
    extends: [eslint.configs.recommended, tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    plugins: { regexp },
    rules: {
      // T33: what a caller or a provider sends must never meet an expression that backtracks without end.
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential' }],
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-imports': ['error', { paths: [noForwardRef, noEnv] }],
      'no-restricted-syntax': ['error', ...alwaysForbidden, noTestSwitch],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'The environment is read in libs/config and main.ts only.' },
      ],
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],

      // A class whose types are needed at run time for injection stays a value import: the rule sees emitDecoratorMetadata.
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      // `headers['location']` says that nobody promised the key.
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // `async` also turns a throw into a rejection, which is what the caller of a Promise-returning method expects.
      '@typescript-eslint/require-await': 'off',
      // A port is an abstract class so that it can be an injection token; whatever has its shape may stand in for it.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // `query<Row>(sql)` names the shape of a row, which nothing else in the signature can.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
    },
  },
  {
    files: ['libs/database/src/migrations/**/*.ts'],
    // Plain SQL, one statement after the other: its length is the schema's, not the code's.
    rules: { 'max-lines': 'off', 'max-lines-per-function': 'off' },
  },
  {
    files: ['libs/providers/src/*/*.provider.ts', 'scripts/new-provider/template/*/*.provider.ts'],
    // A definition is data: its list of operations is as long as the provider has them.
    rules: { 'max-lines-per-function': 'off' },
  },
  {
    files: ['libs/config/**/*.ts', ...mains, ...notShipped],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['libs/config/**/*.ts', ...notShipped],
    rules: { 'no-restricted-syntax': ['error', ...alwaysForbidden] },
  },
  {
    // People read what these print.
    files: [...mains, 'apps/cli/**/*.ts', 'apps/sandbox/**/*.ts', ...notShipped],
    rules: { 'no-console': 'off' },
  },
  {
    files: notShipped,
    rules: {
      // What a test reads, it made itself.
      'regexp/no-super-linear-move': 'off',
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': 'off',
      // expect.any() and expect.objectContaining() are `any` by their types.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Old clients are part of what is tested.
      '@typescript-eslint/no-deprecated': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  {
    // Jest loads these by their default export.
    files: ['test/support/*.global-*.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*.{js,cjs,mjs}'],
    extends: [eslint.configs.recommended],
    languageOptions: {
      globals: Object.fromEntries(
        ['require', 'module', 'process', 'console', '__dirname', 'globalThis', 'URL'].map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    files: ['**/*.{js,cjs}'],
    languageOptions: { sourceType: 'commonjs' },
  },
);
