import { execFile } from 'node:child_process';
import path from 'node:path';
import { sandboxDataDir } from './sandbox';
import { databaseUrl } from './sandbox-database';

const root = path.resolve(__dirname, '../..');

export interface CliAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The settings of the sandbox's processes, for one more of them. */
export function sandboxEnvironment(): Readonly<Record<string, string>> {
  const dataDir = sandboxDataDir();
  return {
    PATH: process.env['PATH'] ?? '',
    ENV: 'sandbox',
    LOG_LEVEL: 'error',
    DATABASE_APP_URL: databaseUrl(dataDir, 'app'),
    DATABASE_DISPATCH_URL: databaseUrl(dataDir, 'dispatch'),
    DATABASE_AUTH_URL: databaseUrl(dataDir, 'auth'),
    KEY_RING_FILE: path.join(dataDir, 'key-ring'),
    AWS_REGION: 'us-east-1',
    EGRESS_ALLOWED_CIDRS: '127.0.0.1/32',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', // it would be printed among what a command says
  };
}

/** Runs `puente …` on the sandbox of the end-to-end specs, as an operator with its settings would. */
export function puente(...args: readonly string[]): Promise<CliAnswer> {
  const env = sandboxEnvironment();
  return new Promise((resolve) => {
    const main = path.join(root, 'dist/apps/cli/src/main.js');
    execFile(process.execPath, [main, ...args], { cwd: root, env, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}
