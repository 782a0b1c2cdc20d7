import { readOptions, SandboxUsageError } from './sandbox-options';

describe('readOptions', () => {
  it('has a default for everything', () => {
    expect(readOptions([], '/srv')).toEqual({
      dataDir: '/srv/.puente',
      reset: false,
      apiPort: 3000,
      workerPort: 3001,
      standInPort: 4566,
      postgresPort: 0,
      leaseMs: 15_000,
      logLevel: 'warn',
    });
  });

  it('reads ports, folder and lease', () => {
    const options = readOptions(['--port', '0', '--data-dir', '/data', '--lease-ms=5000', '--reset'], '/srv');
    expect(options).toMatchObject({ apiPort: 0, dataDir: '/data', leaseMs: 5_000, reset: true });
  });

  it('asks for help with --help', () => {
    expect(readOptions(['--help'], '/srv')).toBeUndefined();
  });

  it.each([
    [['--port', 'http']],
    [['--port', '']],
    [['--port', '70000']],
    [['--port', '1.5']],
    [['--nonsense']],
    [['stray']],
  ])('refuses %j and says how it should be', (args) => {
    expect(() => readOptions(args, '/srv')).toThrow(SandboxUsageError);
  });
});
