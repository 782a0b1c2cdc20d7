import assert from 'node:assert/strict';
import { describe } from './answer.cases';
import { SOON_MS, until } from './case-time';
import type { ContractRun } from './contract-run';
import type { ContractSample, ContractSubject } from './contract-subject';
import { DeafLine } from './deaf-line';
import type { DraftCase } from './draft-case';

/** How a call ends that is given up before its connection stands. One sample is enough: they share a way to connect. */
export function connectingCases(subject: ContractSubject): DraftCase[] {
  const [sample] = subject.samples;
  let line: DeafLine | undefined;
  const endpoint = async (): Promise<string> => {
    line = await DeafLine.start(subject.protocol ? 'tcp:' : 'https:');
    return line.url;
  };
  const run = async (work: ContractRun): Promise<void> => {
    try {
      if (sample && line) await givesUpConnecting(work, sample, line);
    } finally {
      await line?.close();
    }
  };
  return [{ name: 'given up while it connects, a call is not_sent and leaves nothing open', endpoint, run }];
}

async function givesUpConnecting(run: ContractRun, sample: ContractSample, line: DeafLine): Promise<void> {
  const patience = new AbortController();
  const answer = run.call(sample, { signal: patience.signal });
  await until(run, () => line.connections > 0, 'it must connect');
  const begun = performance.now();
  patience.abort(new DOMException('The caller gave up.', 'TimeoutError'));
  const outcome = await answer;
  assert.ok(performance.now() - begun < SOON_MS, 'the call must end when its caller gives up');
  assert.ok(outcome.kind === 'not_sent', describe(outcome));
  run.disconnect();
  await until(run, () => line.open.size === 0, 'nothing may be left open');
}
