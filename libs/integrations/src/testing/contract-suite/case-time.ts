import assert from 'node:assert/strict';
import type { ContractRun } from './contract-run';

/** How soon a call must end after its caller gave up. */
export const SOON_MS = 1_000;
/** How long is waited for something to arrive. */
const PATIENCE_MS = 3_000;

export async function until({ subject }: ContractRun, condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + (subject.patienceMs ?? PATIENCE_MS);
  while (!condition()) {
    assert.ok(performance.now() < end, what);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
