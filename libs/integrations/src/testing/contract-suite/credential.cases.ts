import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { secretTexts } from '@puente/observability';
import { describe } from './answer.cases';
import type { ContractRun } from './contract-run';
import { sampleName } from './contract-subject';
import type { ContractSample, ContractSubject } from './contract-subject';
import type { DraftCase } from './draft-case';

/** Credentials that are wrong, and credentials that must not be seen. */
export function credentialCases(subject: ContractSubject): DraftCase[] {
  return [
    { name: 'the probe passes with good credentials, and leaves no effect', run: (run) => probePasses(run) },
    ...(subject.answers === 'by_status' ? [] : revokedCases(subject)),
    ...subject.samples.map((sample) => ({
      name: `${sampleName(sample)}: no failure shows a secret`,
      run: (run: ContractRun) => secretive(run, sample),
    })),
    ...subject.samples.map((sample) => ({
      name: `${sampleName(sample)}: a secret the provider repeats in its refusal goes no further (T13)`,
      masked: true,
      run: (run: ContractRun) => echoed(run, sample),
    })),
  ];
}

function revokedCases(subject: ContractSubject): DraftCase[] {
  return [
    {
      name: 'the probe fails with revoked credentials, and leaves no effect',
      run: (run) => revoked(run, () => probe(run)),
    },
    ...subject.samples.map((sample) => ({
      name: `${sampleName(sample)}: revoked credentials are unauthorized`,
      run: (run: ContractRun) => revoked(run, () => run.call(sample)),
    })),
  ];
}

function probe(run: ContractRun) {
  const { probe: declared, credentials } = run.definition;
  const input = declared.input(credentials.config.parse(run.subject.config(run.line.url)));
  return run.try({ operation: declared.operation, input, mode: 'probe' });
}

async function probePasses(run: ContractRun): Promise<void> {
  const before = await run.world.effects();
  const outcome = await probe(run);
  assert.equal(outcome.kind, 'ok', describe(outcome));
  assert.equal(await run.world.effects(), before, 'effects');
}

async function revoked(run: ContractRun, call: () => ReturnType<ContractRun['try']>): Promise<void> {
  const before = await run.world.effects();
  await run.world.revoke();
  try {
    const outcome = await call();
    assert.equal(outcome.kind, 'unauthorized', describe(outcome));
    assert.equal(await run.world.effects(), before, 'effects');
  } finally {
    await run.world.restore();
  }
}

async function secretive(run: ContractRun, sample: ContractSample): Promise<void> {
  const { rejection } = run.subject;
  for (const fault of [{ status: 500 }, { status: 403 }, rejection]) {
    await run.fault(sample, fault);
    const error = await run.thrownBy(sample);
    assert.ok(error !== undefined, 'a refused call must fail');
    hides(run, [inspect(error, { depth: 8 }), ownText(error)]);
    await run.fault(sample, fault);
    hides(run, [JSON.stringify(await run.call(sample)), ...run.logged]);
  }
  for (const accident of ['reset_before', 'garbage'] as const) {
    run.line.fault = accident;
    hides(run, [
      inspect(await run.thrownBy(sample), { depth: 8 }),
      JSON.stringify(await run.call(sample)),
      ...run.logged,
    ]);
  }
}

async function echoed(run: ContractRun, sample: ContractSample): Promise<void> {
  const secrets = secretTexts(run.subject.secrets).join(' and ');
  for (const { status, code } of [run.subject.rejection, { status: 500, code: undefined }]) {
    await run.fault(sample, { status, message: `refused: ${secrets}`, ...(code === undefined ? {} : { code }) });
    hides(run, [JSON.stringify(await run.call(sample)), ...run.logged]);
  }
}

/** Message and stack, and what `JSON.stringify` would take from it. */
function ownText(error: unknown): string {
  return error instanceof Error
    ? `${error.message}\n${error.stack ?? ''}\n${JSON.stringify(error)}`
    : JSON.stringify(error);
}

function hides(run: ContractRun, texts: readonly (string | undefined)[]): void {
  for (const secret of secretTexts(run.subject.secrets)) {
    for (const text of texts)
      assert.ok(!text?.includes(secret), `a secret can be read in: ${text?.replaceAll(secret, '<HERE>') ?? ''}`);
  }
}
