import type { SandboxProcess } from './sandbox-process';

// Setup and teardown of Jest run in one process but may load this file twice.
const place = Symbol.for('puente.e2e.sandbox');
const holder = globalThis as { [place]?: SandboxProcess | undefined };

export function keepSandbox(sandbox: SandboxProcess): void {
  holder[place] = sandbox;
}

export function takeSandbox(): SandboxProcess | undefined {
  const sandbox = holder[place];
  holder[place] = undefined;
  return sandbox;
}
