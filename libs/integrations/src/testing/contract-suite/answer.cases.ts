import assert from 'node:assert/strict';
import type { Failure, Outcome } from '@puente/kernel';
import { mayHaveBeenSent } from '@puente/kernel';
import type { ContractRun } from './contract-run';
import { canSay, effectsOf, sampleName } from './contract-subject';
import type { AnswerWord, ContractSample, ContractSubject, WireFault } from './contract-subject';
import type { DraftCase } from './draft-case';

/** What the provider answers, and what must become of it. */
export function answerCases(subject: ContractSubject): DraftCase[] {
  return subject.samples.flatMap((sample) => {
    const name = sampleName(sample);
    return [
      {
        name: `${name}: succeeds with an output of its schema, by one request and as many effects as declared`,
        run: (run) => succeeds(run, sample),
      },
      ...said(subject, 'throttled', {
        name: `${name}: 429 is throttled, with its Retry-After, and had no effect`,
        run: (run) => throttled(run, sample),
      }),
      ...said(subject, 'server_error', {
        name: `${name}: 500 is unknown, and not tried again`,
        run: (run) => serverError(run, sample),
      }),
      ...said(subject, 'rejected', {
        name: `${name}: a refusal is rejected with the provider's code`,
        run: (run) => refused(run, sample),
      }),
    ];
  });
}

function said(subject: ContractSubject, word: AnswerWord, draft: DraftCase): DraftCase[] {
  return canSay(subject, word) ? [draft] : [];
}

/** Each error the document lists is answered once: the class in the document must be the class in the code. */
export function documentedErrorCases(subject: ContractSubject): DraftCase[] {
  const sample = subject.samples.find(({ effect }) => effect !== 'read') ?? subject.samples[0];
  const answered = subject.definition.errors.filter(({ code }) => !(subject.notAnswered ?? []).includes(code));
  if (!sample) return [];
  return answered.map(({ code, failure }) => ({
    name: `documented error ${code} is ${failure}`,
    run: async (run) => {
      const status = subject.errorStatus?.[code] ?? usualStatus(failure);
      // A number is a status on its own; the provider has no name for it.
      await run.fault(sample, /^\d{3}$/.test(code) ? { status: Number(code) } : { status, code });
      assert.equal((await run.call(sample)).kind, failure);
    },
  }));
}

function usualStatus(kind: Failure['kind']): number {
  switch (kind) {
    case 'unauthorized':
      return 403;
    case 'throttled':
      return 429;
    case 'unknown':
      return 500;
    case 'rejected':
    case 'not_sent':
      return 400;
  }
}

async function succeeds(run: ContractRun, sample: ContractSample): Promise<void> {
  const before = await run.effects(sample);
  const outcome = await run.call(sample);
  assert.equal(outcome.kind, 'ok', describe(outcome));
  assert.equal(run.line.requests, 1, 'one try must be one request');
  assert.equal((await run.effects(sample)) - before, effectsOf(sample), 'effects of one call');
}

async function throttled(run: ContractRun, sample: ContractSample): Promise<void> {
  const outcome = await answered(run, sample, { status: 429 });
  assert.equal(outcome.kind, 'throttled', describe(outcome));
  if (!canSay(run.subject, 'retry_after')) return;
  const waiting = await answered(run, sample, { status: 429, retryAfter: 7 });
  assert.ok(waiting.kind === 'throttled', describe(waiting));
  assert.equal(waiting.retryAfterMs, 7_000, 'the wait the provider asked for');
}

async function serverError(run: ContractRun, sample: ContractSample): Promise<void> {
  const outcome = await answered(run, sample, { status: 500 });
  assert.ok(outcome.kind === 'unknown' && outcome.cause === 'server_error', describe(outcome));
}

async function refused(run: ContractRun, sample: ContractSample): Promise<void> {
  const { status, code } = run.subject.rejection;
  const outcome = await answered(run, sample, { status, code });
  assert.equal(outcome.kind, 'rejected', describe(outcome));
  assert.equal((outcome as Failure).code, code, 'the provider’s own code');
}

/** Calls under a fault that answers without an effect, and sees that it was one request without an effect. */
async function answered(run: ContractRun, sample: ContractSample, fault: WireFault): Promise<Outcome> {
  const [requests, effects] = [run.line.requests, await run.effects(sample)];
  await run.fault(sample, fault);
  const outcome = await run.call(sample);
  assert.equal(run.line.requests - requests, 1, 'one try must be one request');
  assert.equal((await run.effects(sample)) - effects, 0, 'nothing happened');
  return outcome;
}

export function describe(outcome: Outcome): string {
  return `the outcome is ${JSON.stringify(outcome)}${mayHaveBeenSent(outcome) ? ', which may have been sent' : ''}`;
}
