// First of all: Jest does not apply its aliases to what a globalSetup imports.
import '../../scripts/register.cjs';
import { dataDirVariable } from './sandbox';
import { SandboxProcess } from './sandbox-process';
import { keepSandbox } from './sandbox-keeper';

/** One sandbox for all end-to-end specs; every spec makes a tenant of its own in it. Needs `nest build` first. */
export default async function startSandbox(): Promise<void> {
  const sandbox = await SandboxProcess.start({
    options: ['--lease-ms', '3000', '--log-level', 'debug'],
    environment: {
      // Not for the third function, so that there is one without a name.
      FUNCTION_FINALITIXCONTACT_NAME: 'e2e-contact',
      FUNCTION_FINALITIXNOTIFICATIONS_NAME: 'e2e-notifications',
      // All specs come from one address, and some try every route with a wrong key.
      AUTH_FAILURES_PER_MINUTE: '100000',
    },
  });
  process.env[dataDirVariable] = sandbox.dataDir;
  keepSandbox(sandbox);
}
