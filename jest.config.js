// The AWS SDK says once per process that it will want a newer Node; in test output that is a page of noise.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const aliases = {
  '^@puente/(integrations)/testing$': '<rootDir>/libs/$1/src/testing',
  '^@puente/(integrations)/contract-suite$': '<rootDir>/libs/$1/src/testing/contract-suite',
  '^@puente/(providers|flows)/(.+)$': '<rootDir>/libs/$1/src/$2',
  '^@puente/([a-z]+)$': '<rootDir>/libs/$1/src',
};

const base = {
  rootDir: __dirname,
  testEnvironment: 'node',
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: aliases,
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  setupFiles: ['<rootDir>/test/support/node-errors.setup.ts'],
};

/** @type {import('jest').Config} */
module.exports = {
  maxWorkers: 3, // the slowest specs wait for real processes and time rather than compute
  testTimeout: 30_000,
  projects: [
    {
      ...base,
      displayName: 'unit',
      roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/test', '<rootDir>/scripts'],
      testMatch: ['**/*.spec.ts'],
      testPathIgnorePatterns: ['\\.(pg|contract)\\.spec\\.ts$', '/node_modules/'],
    },
    {
      ...base,
      displayName: 'pg',
      roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/test', '<rootDir>/scripts'],
      testMatch: ['**/*.pg.spec.ts', '**/*.contract.spec.ts'],
      globalSetup: '<rootDir>/test/support/postgres.global-setup.ts',
      globalTeardown: '<rootDir>/test/support/postgres.global-teardown.ts',
    },
    {
      ...base,
      displayName: 'e2e',
      roots: ['<rootDir>/test/e2e'],
      testMatch: ['**/*.e2e-spec.ts'],
      globalSetup: '<rootDir>/test/support/sandbox.global-setup.ts',
      globalTeardown: '<rootDir>/test/support/sandbox.global-teardown.ts',
    },
    {
      ...base,
      displayName: 'browser',
      roots: ['<rootDir>/test/browser'],
      testMatch: ['**/*.browser-spec.ts'],
      globalSetup: '<rootDir>/test/support/postgres.global-setup.ts',
      globalTeardown: '<rootDir>/test/support/postgres.global-teardown.ts',
    },
  ],
};
