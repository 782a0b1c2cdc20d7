import { readOptions, SandboxUsageError } from './sandbox-options';

describe('readOptions', () => {
  it('has a default for everything', () => {
    expect(readOptions([], '/srv')).toEqual({
      dataDir: '/srv/.puente',
      reset: false,
      apiPort: 3000,
      workerPort: 3001,
      standInPort: 4566,
      mqttPort: 1883,
      smtpPort: 1025,
      postgresPort: 0,
      leaseMs: 15_000,
      logLevel: 'warn',
      dispatch: 'postgres',
    });
  });

  it('reads ports, folder and lease', () => {
    const options = readOptions(['--port', '0', '--data-dir', '/data', '--lease-ms=5000', '--reset'], '/srv');
    expect(options).toMatchObject({ apiPort: 0, dataDir: '/data', leaseMs: 5_000, reset: true });
  });

  it('takes the mode of dispatch from the command line before the environment', () => {
    expect(readOptions([], '/srv', 'sqs')).toMatchObject({ dispatch: 'sqs' });
    expect(readOptions(['--dispatch=postgres'], '/srv', 'sqs')).toMatchObject({ dispatch: 'postgres' });
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
    [['--dispatch', 'kafka']],
  ])('refuses %j and says how it should be', (args) => {
    expect(() => readOptions(args, '/srv')).toThrow(SandboxUsageError);
  });
});
