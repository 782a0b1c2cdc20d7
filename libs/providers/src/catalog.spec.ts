import { readdirSync } from 'node:fs';
import { IntegrationGateway, ProviderCatalogue } from '@puente/integrations';
import type { StandIn } from '@puente/integrations/testing';
import { AwsAccess } from '@puente/integrations/testing';
import { catalog } from './index';

const ids = catalog.map(({ meta }) => meta.id);

describe('the catalogue', () => {
  it('lists every folder of this library, once, and contradicts itself nowhere', () => {
    const folders = readdirSync(__dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());

    const known = new ProviderCatalogue(catalog).providers.map(({ meta }) => meta.id);

    expect([...known].sort()).toEqual(folders.map(({ name }) => name).sort());
  });

  it.each(ids)('%s can be injected: Nest sees what its facade needs', async (id) => {
    const door = (await import(`./${id}`)) as Readonly<Record<string, unknown>>;
    const classes = Object.values(door).filter((exported) => typeof exported === 'function');

    const needs = classes.map((each) => Reflect.getMetadata('design:paramtypes', each) as unknown);

    expect(needs).toContainEqual([IntegrationGateway]);
  });

  it.each(ids)('%s has a stand-in that the sandbox finds', async (id) => {
    const { standIn } = (await import(`./${id}/testing`)) as { standIn: (with_: { aws: AwsAccess }) => StandIn };

    expect(standIn({ aws: new AwsAccess() }).id).toBe(id);
  });
});
