import { Injectable } from '@nestjs/common';
import { CatalogueInvalidError, ProviderNotFoundError, ProviderOperationNotFoundError } from './integration.errors';
import type { AnyProvider, OperationSpec, ProviderDefinition } from './provider';

/**
 * Every provider of this installation, by id. Built once from `libs/providers/src/catalog.ts`; what the definitions'
 * types cannot say is checked here, at boot.
 */
@Injectable()
export class ProviderCatalogue {
  private readonly byId: ReadonlyMap<string, ProviderDefinition>;

  /** @throws {CatalogueInvalidError} two providers share an id or a code, or a definition contradicts itself */
  constructor(definitions: readonly AnyProvider[]) {
    // The one place where the list's mixed types are given up; each definition was checked by `defineProvider`.
    const known = definitions as unknown as readonly ProviderDefinition[];
    const problems = [
      ...repeated(known.map(({ meta }) => meta.id)).map((id) => `two providers have the id ${id}`),
      ...repeated(known.map(({ meta }) => meta.code)).map((code) => `two providers have the code ${code}`),
      ...known.flatMap(contradictions),
    ];
    if (problems.length > 0) throw new CatalogueInvalidError(problems);
    this.byId = new Map(known.map((definition) => [definition.meta.id, Object.freeze(definition)]));
  }

  get providers(): readonly ProviderDefinition[] {
    return [...this.byId.values()];
  }

  find(provider: string): ProviderDefinition | undefined {
    return this.byId.get(provider);
  }

  /** @throws {ProviderNotFoundError} */
  get(provider: string): ProviderDefinition {
    const definition = this.byId.get(provider);
    if (!definition) throw new ProviderNotFoundError(provider);
    return definition;
  }

  /** @throws {ProviderNotFoundError} {@link ProviderOperationNotFoundError} */
  operation(provider: string, operation: string): OperationSpec<unknown> {
    const { operations } = this.get(provider);
    // `constructor` is no operation, although every object answers to it.
    const spec = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
    if (!spec) throw new ProviderOperationNotFoundError(provider, operation);
    return spec;
  }
}

function contradictions({ meta, operations, probe, limits }: ProviderDefinition): string[] {
  const problems: string[] = [];
  const probing = operations[probe.operation];
  if (probing?.effect !== 'read') problems.push(`${meta.id}: its probe ${probe.operation} is not a read`);
  for (const [name, spec] of Object.entries(operations)) {
    const asks = spec.reconcile !== undefined;
    if (spec.effect === 'reconcilable' && !asks)
      problems.push(`${meta.id}.${name}: reconcilable, but has no reconcile`);
    if (asks && spec.settleMs === undefined) problems.push(`${meta.id}.${name}: has a reconcile, but no settleMs`);
    if (spec.idempotentForMs !== undefined && !(spec.idempotentForMs > 0))
      problems.push(`${meta.id}.${name}: idempotentForMs is not a time`);
  }
  for (const limit of limits) {
    const { limite, quota, windowMs } = limit;
    if (!(quota > 0) || !Number.isInteger(windowMs / 1_000)) {
      problems.push(`${meta.id}: the limit "${limite}" is not a number of points in whole seconds`);
    }
    if (limit.quotaOf && limit.per !== 'credential')
      problems.push(`${meta.id}: the limit "${limite}" depends on an integration, but is not per credential`);
    for (const name of limit.operations ?? [])
      if (!Object.hasOwn(operations, name))
        problems.push(`${meta.id}: the limit "${limite}" counts ${name}, which is no operation`);
  }
  return problems;
}

function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
