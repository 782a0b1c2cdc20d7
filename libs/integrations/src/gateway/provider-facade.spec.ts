import type { NewOperation } from '@puente/ledger';
import { echo } from '../echo-provider.fixture';
import type { CallResult } from './call-result';
import { providerFacade } from './provider-facade';

class Echo extends providerFacade(echo) {}

/** Compiled, never run: what the facade's types promise to flows. */
export async function promises(facade: Echo): Promise<[string, NewOperation]> {
  const options = { tenantId: 't' };
  const result: CallResult<{ id: string; echo?: string | undefined }> = await facade.call(
    'send',
    { text: 'a' },
    options,
  );
  // @ts-expect-error -- no such operation
  void facade.call('sent', { text: 'a' }, options);
  // @ts-expect-error -- a number is no text
  void facade.call('send', { text: 7 }, options);
  // @ts-expect-error -- whose call is it?
  void facade.prepare('send', { text: 'a' }, {});
  return [result.kind === 'done' ? result.output.id : '', facade.prepare('send', { text: 'a' }, options)];
}

describe('providerFacade', () => {
  it('tells Nest to inject the gateway, through the class that extends it', () => {
    const [gateway] = Reflect.getMetadata('design:paramtypes', Echo) as { name: string }[];

    expect(gateway?.name).toBe('IntegrationGateway');
  });
});
