import assert from 'node:assert/strict';
import type { Reconciliation } from '@puente/kernel';
import { describe } from './answer.cases';
import type { ContractRun } from './contract-run';
import { effectsOf, sampleName } from './contract-subject';
import type { ContractSample, ContractSubject } from './contract-subject';
import type { DraftCase } from './draft-case';

/** The declared effect decides what may be repeated: so it is tried. */
export function effectCases(subject: ContractSubject): DraftCase[] {
  return subject.samples.flatMap((sample) => [
    { name: `${sampleName(sample)}: its effect is ${sample.effect}`, run: (run) => declared(run, sample) },
    ...behaviour(sample),
  ]);
}

function behaviour(sample: ContractSample): DraftCase[] {
  const name = sampleName(sample);
  switch (sample.effect) {
    case 'read':
      return [];
    case 'once':
      return [
        {
          name: `${name}: twice is two effects, so it is rightly never repeated silently`,
          run: (run) => twice(run, sample, 2),
        },
      ];
    case 'idempotent':
      return [
        {
          name:
            sample.repeatKnownBy === 'input'
              ? `${name}: the same input twice is one effect, whatever the key`
              : `${name}: the same key twice is one effect, another key a second one`,
          run: (run) => idempotent(run, sample),
        },
      ];
    case 'reconcilable':
      return [{ name: `${name}: asking tells truly whether it happened`, run: (run) => reconcilable(run, sample) }];
  }
}

async function declared(run: ContractRun, sample: ContractSample): Promise<void> {
  const spec = run.definition.operations[sample.operation];
  assert.ok(spec, `there is no operation ${sample.operation}`);
  const input: unknown = spec.input.parse(sample.input(run.unique, run.world));
  assert.equal(typeof spec.effect === 'function' ? spec.effect(input) : spec.effect, sample.effect);
}

async function twice(run: ContractRun, sample: ContractSample, calls: number): Promise<void> {
  const before = await run.effects(sample);
  for (let n = 0; n < 2; n += 1) assert.equal((await run.call(sample, { dedupeKey: run.unique })).kind, 'ok');
  assert.equal((await run.effects(sample)) - before, calls * effectsOf(sample), 'effects of two calls with one key');
}

async function idempotent(run: ContractRun, sample: ContractSample): Promise<void> {
  await twice(run, sample, 1);
  run.line.fault = 'reset_after';
  const before = await run.effects(sample);
  const another = { dedupeKey: `${run.unique}-another` };
  assert.equal((await run.call(sample, another)).kind, 'unknown');
  run.line.fault = 'pass';
  assert.equal((await run.call(sample, another)).kind, 'ok');
  const expected = sample.repeatKnownBy === 'input' ? 0 : effectsOf(sample);
  assert.equal((await run.effects(sample)) - before, expected, 'effects of a lost call and its repetition');
}

async function reconcilable(run: ContractRun, sample: ContractSample): Promise<void> {
  const before = await run.effects(sample);
  assert.equal((await ask(run, sample)).kind, 'absent', 'before it was called');
  run.line.fault = 'reset_before';
  assert.equal((await run.call(sample)).kind, 'unknown');
  run.line.fault = 'pass';
  assert.equal((await ask(run, sample)).kind, 'absent', 'after a call that did not arrive');
  run.line.fault = 'reset_after';
  assert.equal((await run.call(sample)).kind, 'unknown');
  run.line.fault = 'pass';
  assert.equal((await ask(run, sample)).kind, 'applied', 'after a call whose answer was lost');
  assert.equal((await run.effects(sample)) - before, effectsOf(sample), 'asking has no effect of its own');
}

async function ask(run: ContractRun, sample: ContractSample): Promise<Reconciliation> {
  const outcome = await run.call(sample, { mode: 'reconcile' });
  assert.ok(outcome.kind === 'ok', describe(outcome));
  return outcome.output as Reconciliation;
}
