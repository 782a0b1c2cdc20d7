import type { DynamicModule } from '@nestjs/common';
import { type AnyProvider, IntegrationsModule, ProviderCatalogue } from '@puente/integrations';
import { catalog } from '@puente/providers';
import { addFaultPolicy, fault } from '../provider/fault.provider';

type Imports = NonNullable<DynamicModule['imports']>;

/** The app's module as it is, with one provider more in its catalogue and what the test adds to it. The app does not know. */
export function withFaults(
  module: DynamicModule,
  added: Pick<DynamicModule, 'controllers' | 'providers'> = {},
): DynamicModule {
  addFaultPolicy();
  return {
    ...module,
    imports: (module.imports ?? []).map((each) => (isIntegrations(each) ? withProvider(each) : each)),
    controllers: [...(module.controllers ?? []), ...(added.controllers ?? [])],
    providers: [...(module.providers ?? []), ...(added.providers ?? [])],
  };
}

function isIntegrations(module: Imports[number]): module is DynamicModule {
  return 'module' in module && module.module === IntegrationsModule;
}

function withProvider(module: DynamicModule): DynamicModule {
  const all: readonly AnyProvider[] = [...catalog, fault];
  const providers = (module.providers ?? []).filter(
    (each) => !('provide' in each && each.provide === ProviderCatalogue),
  );
  return {
    ...module,
    providers: [...providers, { provide: ProviderCatalogue, useFactory: () => new ProviderCatalogue(all) }],
  };
}
