import { Injectable } from '@nestjs/common';
import { AppConfigService } from '@puente/config';
import type { TenantTransaction } from '@puente/database';
import type { OnUnknown } from '@puente/kernel';
import { In } from 'typeorm';
import { type FunctionId, FUNCTIONS } from './known-functions';
import { TenantFunctionEntity } from './tenant-function.entity';

/** What a function is called for one tenant, and with which account and rules it is invoked. */
export interface NamedFunction {
  readonly function: FunctionId;
  /** Without the environment, unless `nameIncludesEnv`. */
  readonly name: string;
  readonly nameIncludesEnv: boolean;
  /** The tenant's lambda account. */
  readonly integration: string;
  readonly onUnknown: OnUnknown;
  readonly source: 'tenant' | 'variable';
}

/** The tenant's own name wins over the installation's variable (S0.2). */
@Injectable()
export class FunctionNames {
  constructor(private readonly config: AppConfigService) {}

  /** Those of the given functions that have a name, in the caller's transaction; one query for all. */
  async among(
    tx: TenantTransaction,
    functions: readonly FunctionId[],
  ): Promise<ReadonlyMap<FunctionId, NamedFunction>> {
    if (functions.length === 0) return new Map();
    const own = await tx.manager
      .getRepository(TenantFunctionEntity)
      .findBy({ tenantId: tx.tenantId, function: In([...functions]) });
    const named = functions.map((id) => namedBy(own.find((row) => row.function === id)) ?? this.ofVariable(id));
    return new Map(named.flatMap((one) => (one ? [[one.function, one]] : [])));
  }

  private ofVariable(id: FunctionId): NamedFunction | undefined {
    const { variable, onUnknown } = FUNCTIONS[id];
    const name = this.config.get(variable);
    const nameIncludesEnv = this.config.get('FUNCTION_NAMES_INCLUDE_ENV');
    if (name === undefined) return undefined;
    return { function: id, name, nameIncludesEnv, integration: 'default', onUnknown, source: 'variable' };
  }
}

function namedBy(row: TenantFunctionEntity | undefined): NamedFunction | undefined {
  if (!row) return undefined;
  const { name, nameIncludesEnv, integration, onUnknown } = row;
  return { function: row.function, name, nameIncludesEnv, integration, onUnknown, source: 'tenant' };
}
