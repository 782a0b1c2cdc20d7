import { leaksIn } from './sandbox-leaks';
import { takeSandbox } from './sandbox-keeper';

/** Stops the sandbox; whatever the specs made it say, no secret may be in its logs. */
export default async function stopSandbox(): Promise<void> {
  const sandbox = takeSandbox();
  if (!sandbox) return;
  const code = await sandbox.stop();
  const leaks = leaksIn(sandbox.dataDir);
  await sandbox.remove();
  if (leaks.length > 0) throw new Error(`Secrets in the sandbox's logs:\n  ${leaks.slice(0, 10).join('\n  ')}`);
  if (code !== 0) throw new Error(`The sandbox was asked to stop and ended with ${String(code)}.`);
}
