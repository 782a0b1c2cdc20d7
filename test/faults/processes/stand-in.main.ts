import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { EffectLog } from '../provider/effect-log';
import { FaultStandIn } from '../provider/stand-in';

/** The stand-in as a process: nothing that happens to ours happens to what it remembers. */
async function main(): Promise<void> {
  process.once('disconnect', () => process.exit(1));
  const { FAULT_DIR = '.', FAULT_SEED = '1', FAULT_PORT = '0' } = process.env;
  const log = new EffectLog(path.join(FAULT_DIR, 'effects.jsonl'));
  const requests = path.join(FAULT_DIR, 'requests.jsonl');
  const standIn = new FaultStandIn(log, Number(FAULT_SEED), (line) => {
    appendFileSync(requests, `${JSON.stringify(line)}\n`);
  });
  const url = await standIn.start(Number(FAULT_PORT));
  process.once('SIGTERM', () => process.exit(0));
  process.send?.({ ready: true, url });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
