import assert from 'node:assert/strict';
import { Cancellation } from '@puente/kernel';
import { describe } from './answer.cases';
import type { ContractRun } from './contract-run';
import { effectsOf, sampleName } from './contract-subject';
import type { ContractSample, ContractSubject } from './contract-subject';
import type { DraftCase } from './draft-case';

/**
 * What a process does that was frozen until its lease was over: it hears of its sockets before its timers, so that nobody
 * has aborted the call yet when its connection is there (F11).
 */
export function lateCases(subject: ContractSubject): DraftCase[] {
  return subject.samples.map((sample) => ({
    name: `${sampleName(sample)}: what is overdue when its connection is there is not sent, though nobody has said so (F11)`,
    run: async (run) => {
      const before = await run.effects(sample);
      await thawed(run, sample, 'on a new connection');
      const outcome = await run.call(sample);
      assert.equal(outcome.kind, 'ok', describe(outcome));
      await thawed(run, sample, 'on one that was kept');
      assert.equal(run.line.requests, 1, 'requests');
      assert.equal((await run.effects(sample)) - before, effectsOf(sample), 'effects');
    },
  }));
}

async function thawed(run: ContractRun, sample: ContractSample, where: string): Promise<void> {
  let isLate = false;
  const answer = run.call(sample, { signal: new Cancellation(undefined, () => isLate) });
  isLate = true;
  const outcome = await answer;
  assert.ok(outcome.kind === 'not_sent' && outcome.cause === 'deadline', `${where}: ${describe(outcome)}`);
}
