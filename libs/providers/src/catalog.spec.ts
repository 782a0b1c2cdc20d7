import { readdirSync } from 'node:fs';
import { IntegrationGateway, ProviderCatalogue } from '@puente/integrations';
import { catalog } from './catalog';
import { Lambda, Sns, Sqs } from './index';

describe('the catalogue', () => {
  it('lists every folder of this library, once, and contradicts itself nowhere', () => {
    const folders = readdirSync(__dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());

    const ids = new ProviderCatalogue(catalog).providers.map(({ meta }) => meta.id);

    expect([...ids].sort()).toEqual(folders.map(({ name }) => name).sort());
  });

  it.each([Lambda, Sns, Sqs])('%p can be injected: Nest sees what its facade needs', (facade) => {
    expect(Reflect.getMetadata('design:paramtypes', facade)).toEqual([IntegrationGateway]);
  });
});
