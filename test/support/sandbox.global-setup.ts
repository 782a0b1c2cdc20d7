// First of all: Jest does not apply its aliases to what a globalSetup imports.
import '../../scripts/register.cjs';
import { dataDirVariable } from './sandbox';
import { SandboxProcess } from './sandbox-process';
import { keepSandbox } from './sandbox-keeper';

/** One sandbox for all end-to-end specs; every spec makes a tenant of its own in it. Needs `nest build` first. */
export default async function startSandbox(): Promise<void> {
  const sandbox = await SandboxProcess.start({
    options: ['--lease-ms', '3000', '--log-level', 'debug'],
    // Not for the third function, so that there is one without a name.
    environment: {
      FUNCTION_FINALITIXCONTACT_NAME: 'e2e-contact',
      FUNCTION_FINALITIXNOTIFICATIONS_NAME: 'e2e-notifications',
    },
  });
  process.env[dataDirVariable] = sandbox.dataDir;
  keepSandbox(sandbox);
}
