import { echo } from '../echo-provider.fixture';
import type { AnyProvider } from '../provider';
import { ProviderCatalogue } from '../provider-catalogue';
import { integrationOfLane, planCall } from './call-plan';

describe('planCall', () => {
  const laneOf = (lane: string | undefined, integration?: string): string => {
    const definition = lane === undefined ? echo : { ...echo, lane: () => lane };
    const catalogue = new ProviderCatalogue([definition as AnyProvider]);
    return planCall(catalogue, 'echo', 'send', { text: 'a' }, integration).laneKey;
  };

  it('begins every lane with the integration whose credentials it uses', () => {
    expect(laneOf(undefined)).toBe('default');
    expect(laneOf(undefined, 'second')).toBe('second');
    expect(laneOf('https://hooks.example/a', 'second')).toBe('second/https://hooks.example/a');
    expect(laneOf('second/eu', 'second')).toBe('second/eu');
    expect(laneOf('second', 'second')).toBe('second');
    for (const lane of [laneOf('x/y', 'second'), laneOf('second', 'second'), laneOf('secondary', 'second')])
      expect(integrationOfLane(lane)).toBe('second');
  });

  it('keeps what the caller wrote for the ledger and what the schema made of it for the provider', () => {
    const input = { text: 'a' };
    const plan = planCall(new ProviderCatalogue([echo]), 'echo', 'send', input);

    expect(plan.input).toBe(input);
    expect(plan.parsed).toEqual(input);
  });
});
