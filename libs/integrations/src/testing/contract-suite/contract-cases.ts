import { answerCases, documentedErrorCases } from './answer.cases';
import { connectingCases } from './connecting.cases';
import { ContractRun } from './contract-run';
import type { ContractCase, ContractSubject } from './contract-subject';
import { credentialCases } from './credential.cases';
import { definitionCases } from './definition.cases';
import type { DraftCase } from './draft-case';
import { effectCases } from './effect.cases';
import { lateCases } from './late.cases';
import { lostAnswerCases } from './lost-answer.cases';

/**
 * What every provider must do, tried against its stand-in (DESIGN §3). A provider's whole contract spec is its subject
 * and
 *
 * ```ts
 * for (const { name, run } of contractCases(subject)) it(name, () => run());
 * ```
 *
 * Calls go through the last link of the real chain, so what passes here is what the gateway would answer. Each case has a
 * client and a line of its own; they may run in any order, but not at the same time: faults are ordered for the next
 * request of anybody.
 */
export function contractCases(subject: ContractSubject): ContractCase[] {
  const drafts = [
    ...answerCases(subject),
    ...documentedErrorCases(subject),
    ...lostAnswerCases(subject),
    ...lateCases(subject),
    ...connectingCases(subject),
    ...effectCases(subject),
    ...credentialCases(subject),
  ];
  return [...definitionCases(subject), ...drafts.map((draft) => finished(subject, draft))];
}

function finished(subject: ContractSubject, { name, run, endpoint, masked = false }: DraftCase): ContractCase {
  return {
    name,
    run: async () => {
      const work = await ContractRun.begin(subject, { masked, ...(endpoint ? { endpoint: await endpoint() } : {}) });
      try {
        await run(work);
      } finally {
        await work.end();
      }
    },
  };
}
