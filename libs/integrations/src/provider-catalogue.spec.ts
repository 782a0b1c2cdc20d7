import { z } from 'zod';
import { echo } from './echo-provider.fixture';
import {
  type CatalogueInvalidError,
  ProviderNotFoundError,
  ProviderOperationNotFoundError,
} from './integration.errors';
import type { AnyProvider } from './provider';
import { ProviderCatalogue } from './provider-catalogue';

describe('ProviderCatalogue', () => {
  const withOperations = (operations: Record<string, object>): AnyProvider =>
    ({ ...echo, operations: { ...echo.operations, ...operations } }) as AnyProvider;
  const problemsOf = (...definitions: AnyProvider[]): readonly string[] => {
    try {
      new ProviderCatalogue(definitions);
      return [];
    } catch (error) {
      return (error as CatalogueInvalidError).problems;
    }
  };

  it('finds providers and operations, and says which is missing', () => {
    const catalogue = new ProviderCatalogue([echo]);

    expect(catalogue.get('echo').meta.title).toBe('Echo');
    expect(catalogue.operation('echo', 'send').endpoint).toBe('POST /send');
    expect(() => catalogue.get('eco')).toThrow(ProviderNotFoundError);
    for (const name of ['sent', 'constructor', '__proto__', 'toString'])
      expect(() => catalogue.operation('echo', name)).toThrow(ProviderOperationNotFoundError);
  });

  it('refuses two providers of one id or code', () => {
    const twin = { ...echo, meta: { ...echo.meta, id: 'echo2' } };

    expect(problemsOf(echo, echo)).toEqual(['two providers have the id echo', 'two providers have the code INT-900']);
    expect(problemsOf(echo, twin)).toEqual(['two providers have the code INT-900']);
  });

  it.each<[string, Record<string, object>]>([
    ['echo: its probe look is not a read', { look: { ...echo.operations.look, effect: 'once' } }],
    ['echo.pay: reconcilable, but has no reconcile', { pay: { ...echo.operations.pay, reconcile: undefined } }],
    ['echo.pay: has a reconcile, but no settleMs', { pay: { ...echo.operations.pay, settleMs: undefined } }],
    ['echo.send: idempotentForMs is not a time', { send: { ...echo.operations.send, idempotentForMs: 0 } }],
  ])('refuses a definition that contradicts itself: %s', (problem, operations) => {
    expect(problemsOf(withOperations(operations))).toEqual([problem]);
  });

  it('cannot be changed behind the back of those who read it', () => {
    const definition = new ProviderCatalogue([{ ...echo }]).get('echo');

    expect(() => Object.assign(definition, { classify: () => z.never() })).toThrow(TypeError);
  });
});
