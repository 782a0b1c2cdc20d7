import type { ContractSubject } from '@puente/integrations/contract-suite';
import { contractCases } from '@puente/integrations/contract-suite';
import { webpay } from './webpay.provider';

const subject: ContractSubject = {
  definition: webpay,
  world: () => {
    throw new TypeError('What the definition says can be told without a stand-in.');
  },
  secrets: { apiKey: 'contract-0123456789abcdef0123456789abcdef' },
  config: (host) => ({ environment: 'integration', commerceCode: '597055555532', host }),
  samples: [],
  rejection: { status: 422, code: 'NOT_FOUND' },
};

describe('webpay keeps the contract', () => {
  for (const { name, run } of contractCases(subject).filter((each) =>
    /definition|documents|its example/.test(each.name),
  ))
    it(name, () => run());
});
