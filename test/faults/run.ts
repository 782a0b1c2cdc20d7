import { closeClients } from '../support/sandbox-client';
import { planFrom } from './fault-plan';
import { type FaultReport, FaultRun } from './fault-run';

const SHOWN = 5;

/**
 * Kills processes for minutes and compares what was accepted with what the stand-ins saw.
 * `npm run test:faults -- --seed 7`; `--short` takes about a minute.
 */
async function main(): Promise<void> {
  const plan = planFrom(process.argv.slice(2));
  const kills = plan.rounds.length;
  const notifications = plan.rounds.reduce((sum, { sendings }) => sum + sendings.length, 0);
  say(`seed ${String(plan.seed)}: ${String(notifications)} notifications, ${String(kills)} kills`);
  const run = await FaultRun.prepare(say);
  let failed = true;
  const interrupted = (): void => {
    void run.end({ keepData: true }).finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    failed = print(await run.attack(plan)) > 0;
  } finally {
    await run.end({ keepData: failed || plan.keep });
    await closeClients();
    if (failed || plan.keep)
      say(`What is left of it is in ${run.dataDir}; the same choices again: --seed ${String(plan.seed)}`);
  }
  process.exitCode = failed ? 1 : 0;
}

/** @returns how many invariants did not hold */
function print({ verdicts, ...numbers }: FaultReport): number {
  for (const { name, violations } of verdicts) {
    say(`${violations.length === 0 ? 'ok    ' : 'FAILED'} ${name}`);
    for (const violation of violations.slice(0, SHOWN)) say(`         ${violation}`);
    if (violations.length > SHOWN) say(`         … and ${String(violations.length - SHOWN)} more`);
  }
  const failed = verdicts.filter(({ violations }) => violations.length > 0).length;
  say(JSON.stringify(numbers));
  say(`${String(verdicts.length - failed)} passed, ${String(failed)} failed`);
  return failed;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
