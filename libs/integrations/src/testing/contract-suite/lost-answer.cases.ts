import assert from 'node:assert/strict';
import type { Failure, Outcome } from '@puente/kernel';
import { describe } from './answer.cases';
import { deadEnd } from './broken-line';
import { SOON_MS, until } from './case-time';
import { type LineFault, MOST_FLOOD } from './contract-line';
import type { ContractRun } from './contract-run';
import { canSay, effectsOf, sampleName } from './contract-subject';
import type { ContractSample, ContractSubject } from './contract-subject';
import type { DraftCase } from './draft-case';

/** Accidents on the line. What was delivered before them may have happened, and only what was never sent did not. */
export function lostAnswerCases(subject: ContractSubject): DraftCase[] {
  return subject.samples.flatMap((sample) => [
    ...delivered(sample),
    ...(canSay(subject, 'redirect') ? redirected(subject, sample) : []),
    ...(subject.answers === 'by_status' ? takenAnyhow(sample) : unreadable(sample)),
    ...undelivered(sample),
  ]);
}

function delivered(sample: ContractSample): DraftCase[] {
  const name = sampleName(sample);
  return [
    {
      name: `${name}: a reset is unknown, whether or not the provider acted (T26)`,
      run: async (run) => {
        await lost(run, sample, 'reset_before', ['reset'], 0);
        await lost(run, sample, 'reset_after', ['reset'], effectsOf(sample));
      },
    },
    {
      name: `${name}: an answer cut short is unknown`,
      run: (run) => lost(run, sample, 'truncate', ['reset', 'bad_body'], effectsOf(sample)),
    },
    {
      name: `${name}: no answer is unknown(timeout), and giving up ends the request`,
      run: (run) => givesUp(run, sample, 'silence'),
    },
    {
      name: `${name}: an answer that drips is given up like none (T20)`,
      run: (run) => givesUp(run, sample, 'drip'),
    },
  ];
}

function redirected({ redirects }: ContractSubject, sample: ContractSample): DraftCase[] {
  const name = sampleName(sample);
  if (redirects !== undefined)
    return [
      {
        name: `${name}: a redirect is ${redirects} and not followed (T14)`,
        run: (run) => refusedRedirect(run, sample),
      },
    ];
  return [
    {
      name: `${name}: a redirect is unknown and not followed (T14)`,
      run: (run) => lost(run, sample, 'redirect', ['bad_body'], effectsOf(sample)),
    },
  ];
}

function unreadable(sample: ContractSample): DraftCase[] {
  const name = sampleName(sample);
  return [
    {
      name: `${name}: an answer that is something else is unknown(bad_body), never a success`,
      run: (run) => lost(run, sample, 'garbage', ['bad_body'], effectsOf(sample)),
    },
    {
      name: `${name}: an answer without end is cut off and unknown (T20)`,
      run: async (run) => {
        await lost(run, sample, 'flood', ['bad_body', 'reset'], effectsOf(sample));
        assert.ok(run.line.flooded < MOST_FLOOD, `${String(run.line.flooded)} bytes were read`);
      },
    },
  ];
}

function takenAnyhow(sample: ContractSample): DraftCase[] {
  const name = sampleName(sample);
  return [
    {
      name: `${name}: a success is one by its status, whatever its body says`,
      run: async (run) => {
        run.line.fault = 'garbage';
        const outcome = await run.call(sample);
        assert.equal(outcome.kind, 'ok', describe(outcome));
      },
    },
    {
      name: `${name}: an answer without end is cut off, and its status counts (T20)`,
      run: async (run) => {
        run.line.fault = 'flood';
        const outcome = await run.call(sample);
        assert.equal(outcome.kind, 'ok', describe(outcome));
        assert.ok(run.line.flooded < MOST_FLOOD, `${String(run.line.flooded)} bytes were read`);
      },
    },
  ];
}

function undelivered(sample: ContractSample): DraftCase[] {
  const name = sampleName(sample);
  return [
    {
      name: `${name}: giving up beforehand sends nothing`,
      run: async (run) => {
        const outcome = await run.call(sample, { signal: AbortSignal.abort() });
        assert.notEqual(outcome.kind, 'ok');
        assert.equal(run.line.requests, 0, 'requests');
      },
    },
    {
      name: `${name}: nobody there is not_sent(connect)`,
      endpoint: deadEnd,
      run: async (run) => {
        const outcome = await run.call(sample);
        assert.ok(outcome.kind === 'not_sent' && outcome.cause === 'connect', describe(outcome));
      },
    },
  ];
}

async function refusedRedirect(run: ContractRun, sample: ContractSample): Promise<void> {
  run.line.fault = 'redirect';
  const requests = run.line.requests;
  const outcome = await run.call(sample);
  assert.equal(outcome.kind, run.subject.redirects, describe(outcome));
  assert.equal(run.line.requests - requests, 1, 'one try must be one request');
}

async function lost(
  run: ContractRun,
  sample: ContractSample,
  fault: LineFault,
  causes: readonly string[],
  effects: number,
): Promise<void> {
  run.line.fault = fault;
  const [requests, before] = [run.line.requests, await run.effects(sample)];
  const outcome = await run.call(sample, { dedupeKey: `${run.unique}-${fault}` });
  assert.ok(isUnknown(outcome, causes), describe(outcome));
  assert.equal(run.line.requests - requests, 1, 'one try must be one request');
  assert.equal((await run.effects(sample)) - before, effects, 'effects behind the lost answer');
}

/** The caller gives up once the request has arrived: before that it could still be proven that nothing was sent. */
async function givesUp(run: ContractRun, sample: ContractSample, fault: 'silence' | 'drip'): Promise<void> {
  run.line.fault = fault;
  const patience = new AbortController();
  const answer = run.call(sample, { signal: patience.signal });
  const { line } = run;
  await until(run, () => (fault === 'drip' ? line.dripped : line.requests) > 0, 'the request must arrive');
  const begun = performance.now();
  patience.abort(new DOMException('The caller gave up.', 'TimeoutError'));
  const outcome = await answer;
  assert.ok(performance.now() - begun < SOON_MS, 'the call must end when its caller gives up');
  assert.ok(isUnknown(outcome, ['timeout']), describe(outcome));
  assert.equal(run.line.requests, 1, 'one try must be one request');
  await until(run, () => run.line.abandoned === 1, 'the client must let go of its request');
}

function isUnknown(outcome: Outcome, causes: readonly string[]): outcome is Failure & { kind: 'unknown' } {
  return outcome.kind === 'unknown' && causes.includes(outcome.cause);
}
