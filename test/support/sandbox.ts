import { JsonClient } from './sandbox-client';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { SandboxFacts } from './sandbox-process';

/** Where the global setup tells the specs of project `e2e` which sandbox is theirs. */
export const dataDirVariable = 'PUENTE_E2E_DATA_DIR';

export function sandboxDataDir(): string {
  const dataDir = process.env[dataDirVariable];
  if (dataDir === undefined) throw new Error('There is no sandbox: run the specs as project "e2e" (npm run test:e2e).');
  return dataDir;
}

/** The sandbox all end-to-end specs share. */
export function sandboxFacts(): SandboxFacts {
  return JSON.parse(readFileSync(path.join(sandboxDataDir(), 'sandbox.json'), 'utf8')) as SandboxFacts;
}

/** The API without a key. */
export function api(): JsonClient {
  return new JsonClient(sandboxFacts().apiUrl);
}

/** The stand-ins' control plane: faults, clocks, what was received. */
export function control(): JsonClient {
  return new JsonClient(sandboxFacts().sandboxUrl);
}
