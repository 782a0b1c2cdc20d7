import { AppError } from '@puente/kernel';
import path from 'node:path';
import { parseArgs } from 'node:util';

export interface SandboxOptions {
  readonly dataDir: string;
  readonly reset: boolean;
  readonly apiPort: number;
  readonly workerPort: number;
  readonly standInPort: number;
  readonly mqttPort: number;
  readonly smtpPort: number;
  /** 0: any free one. */
  readonly postgresPort: number;
  readonly leaseMs: number;
  readonly logLevel: string;
  readonly dispatch: 'postgres' | 'sqs';
}

/** The command line does not fit; the message says how it should be. */
export class SandboxUsageError extends AppError {
  readonly code = 'SANDBOX_USAGE';
}

export const USAGE = `Usage: npm start -- [options]

Runs all of Puente on this machine: PostgreSQL, the providers' stand-ins, API and worker, with a demo tenant.

  --reset               forget everything and begin anew
  --port N              port of the API (3000)
  --worker-port N       port of the worker's health and metrics (3001)
  --stand-in-port N     port of the providers' stand-ins (4566)
  --mqtt-port N         port of the MQTT broker (1883)
  --smtp-port N         port of the mail server (1025)
  --postgres-port N     port of PostgreSQL (any free one)
  --data-dir DIR        where everything is kept (.puente)
  --lease-ms N          lease of a claimed operation (15000): after a kill -9 of the worker its calls wait this long
  --dispatch MODE       postgres, or sqs: through a queue, as for many workers (DISPATCH_MODE or postgres)
  --log-level LEVEL     trace, debug, info, warn, error (warn)
  --help                this text

Port 0 takes a free one; the ports in use are in <data-dir>/sandbox.json.`;

const OPTIONS = {
  reset: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
  port: { type: 'string', default: '3000' },
  'worker-port': { type: 'string', default: '3001' },
  'stand-in-port': { type: 'string', default: '4566' },
  'mqtt-port': { type: 'string', default: '1883' },
  'smtp-port': { type: 'string', default: '1025' },
  'postgres-port': { type: 'string', default: '0' },
  'data-dir': { type: 'string', default: '.puente' },
  'lease-ms': { type: 'string', default: '15000' },
  dispatch: { type: 'string' },
  'log-level': { type: 'string', default: 'warn' },
} as const;

/**
 * Reads the command line. `undefined` means that only the help text was asked for.
 *
 * @param preset the mode of dispatch when the command line names none
 * @throws {SandboxUsageError} with what is wrong and how it should be
 */
export function readOptions(args: readonly string[], cwd: string, preset = ''): SandboxOptions | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  return {
    dataDir: path.resolve(cwd, values['data-dir']),
    reset: values.reset,
    apiPort: whole('--port', values.port, 65_535),
    workerPort: whole('--worker-port', values['worker-port'], 65_535),
    standInPort: whole('--stand-in-port', values['stand-in-port'], 65_535),
    mqttPort: whole('--mqtt-port', values['mqtt-port'], 65_535),
    smtpPort: whole('--smtp-port', values['smtp-port'], 65_535),
    postgresPort: whole('--postgres-port', values['postgres-port'], 65_535),
    leaseMs: whole('--lease-ms', values['lease-ms'], 3_600_000),
    logLevel: values['log-level'],
    dispatch: mode(values.dispatch ?? (preset || 'postgres')),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  } catch (error) {
    throw new SandboxUsageError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

function whole(option: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= most && text !== '') return value;
  throw new SandboxUsageError(`${option}: expected a whole number from 0 to ${String(most)}, got "${text}".`);
}

function mode(text: string): SandboxOptions['dispatch'] {
  if (text === 'postgres' || text === 'sqs') return text;
  throw new SandboxUsageError(`--dispatch: expected postgres or sqs, got "${text}".`);
}
