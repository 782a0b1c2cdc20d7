import { Injectable } from '@nestjs/common';
import type { NewOperation } from '@puente/ledger';
import type { z } from 'zod';
import type { AnyProvider } from '../provider';
import type { CallOptions, CallResult, PrepareOptions } from './call-result';
import { IntegrationGateway } from './integration-gateway';

export type OperationName<D extends AnyProvider> = keyof D['operations'] & string;
/** What a caller writes; defaults may be left out. */
export type OperationInput<D extends AnyProvider, K extends OperationName<D>> = z.input<D['operations'][K]['input']>;
export type OperationOutput<D extends AnyProvider, K extends OperationName<D>> = z.output<D['operations'][K]['output']>;

/** A provider's operations with their own types: what a flow injects. See {@link IntegrationGateway} for the semantics. */
export interface ProviderFacade<D extends AnyProvider> {
  call<K extends OperationName<D>>(
    operation: K,
    input: OperationInput<D, K>,
    options: CallOptions,
  ): Promise<CallResult<OperationOutput<D, K>>>;

  prepare<K extends OperationName<D>>(operation: K, input: OperationInput<D, K>, options: PrepareOptions): NewOperation;
}

/**
 * Base class of a provider's injectable facade; the provider's module provides and exports it:
 *
 * ```ts
 * export class Sns extends providerFacade(sns) {}
 *
 * @Module({ providers: [Sns], exports: [Sns] })
 * export class SnsProviderModule {}
 * ```
 */
export function providerFacade<D extends AnyProvider>(
  definition: D,
): new (gateway: IntegrationGateway) => ProviderFacade<D> {
  const { id } = definition.meta;

  // Injectable here, so that Nest finds the constructor's types through the derived class, which has none of its own.
  @Injectable()
  class Facade implements ProviderFacade<D> {
    constructor(private readonly gateway: IntegrationGateway) {}

    call<K extends OperationName<D>>(operation: K, input: OperationInput<D, K>, options: CallOptions) {
      // The gateway has parsed the output by this operation's schema.
      return this.gateway.call(id, operation, input, options) as Promise<CallResult<OperationOutput<D, K>>>;
    }

    prepare<K extends OperationName<D>>(operation: K, input: OperationInput<D, K>, options: PrepareOptions) {
      return this.gateway.prepare(id, operation, input, options);
    }
  }
  return Facade;
}
