import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { type OnUnknown, uuidv7 } from '@puente/kernel';
import { AuditLog, type Origin } from '@puente/tenancy';
import { EffectiveNames } from './effective-names';
import { FunctionNames, type NamedFunction } from './function-names';
import { FunctionNameNotFoundError, FunctionNotFoundError } from './functions.errors';
import type { FunctionBody } from './functions.schemas';
import { FUNCTION_IDS, type FunctionId, FUNCTIONS, isFunctionId } from './known-functions';
import { TenantFunctionEntity } from './tenant-function.entity';

export interface FunctionView {
  readonly function: FunctionId;
  readonly summary: string;
  readonly invocationType: 'Event' | 'RequestResponse';
  /** The installation's variable for the name. */
  readonly variable: string;
  /** Whose name it is: the tenant's, the variable's, or nobody gave it one. */
  readonly source: 'tenant' | 'variable' | 'none';
  readonly name: string | null;
  readonly nameIncludesEnv: boolean;
  /** As it is called. */
  readonly effectiveName: string | null;
  readonly integration: string;
  readonly onUnknown: OnUnknown;
}

/** What a tenant's functions are called at AWS (S0.2): for administrators. */
@Injectable()
export class FunctionsAdmin {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditLog,
    private readonly names: FunctionNames,
    private readonly effective: EffectiveNames,
  ) {}

  /** All there are, named or not. */
  list(tenantId: string): Promise<FunctionView[]> {
    return this.views(tenantId, FUNCTION_IDS);
  }

  /** @throws {FunctionNotFoundError} */
  async get(tenantId: string, id: string): Promise<FunctionView> {
    return this.view(tenantId, knownOrThrow(id));
  }

  /** Gives a function the tenant's own name, or changes it. Invocations that are accepted from now on use it. */
  async put(tenantId: string, id: string, body: FunctionBody, origin: Origin): Promise<FunctionView> {
    const known = knownOrThrow(id);
    const { name, nameIncludesEnv, integration, onUnknown = FUNCTIONS[known].onUnknown } = body;
    await this.database.run(tenantId, async (tx) => {
      await tx.query(
        `INSERT INTO tenant_functions (id, tenant_id, function, name, name_includes_env, integration, on_unknown)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (tenant_id, function) DO UPDATE SET name = excluded.name,
           name_includes_env = excluded.name_includes_env, integration = excluded.integration,
           on_unknown = excluded.on_unknown, updated_at = now()`,
        [uuidv7(), tenantId, known, name, nameIncludesEnv, integration, onUnknown],
      );
      const target = `function:${known}`;
      const detail = { name, nameIncludesEnv, integration, onUnknown };
      await this.audit.record(tx, { ...origin, action: 'function.put', target, outcome: 'done', detail });
    });
    return this.view(tenantId, known);
  }

  /** Back to the installation's variable. @throws {FunctionNameNotFoundError} */
  async remove(tenantId: string, id: string, origin: Origin): Promise<void> {
    const known = knownOrThrow(id);
    await this.database.run(tenantId, async (tx) => {
      const deleted = await tx.manager.getRepository(TenantFunctionEntity).delete({ tenantId, function: known });
      if (!deleted.affected) throw new FunctionNameNotFoundError(known);
      const target = `function:${known}`;
      await this.audit.record(tx, { ...origin, action: 'function.removed', target, outcome: 'done' });
    });
  }

  private async view(tenantId: string, id: FunctionId): Promise<FunctionView> {
    const [view] = await this.views(tenantId, [id]);
    if (!view) throw new FunctionNotFoundError(id);
    return view;
  }

  private async views(tenantId: string, ids: readonly FunctionId[]): Promise<FunctionView[]> {
    const named = await this.database.run(tenantId, (tx) => this.names.among(tx, ids));
    const effective = await this.effective.of(tenantId, [...named.values()]);
    return ids.map((id) => viewOf(id, named.get(id), effective.get(id)));
  }
}

function viewOf(id: FunctionId, named: NamedFunction | undefined, effectiveName: string | undefined): FunctionView {
  const { summary, invocationType, variable, onUnknown } = FUNCTIONS[id];
  return {
    ...{ function: id, summary, invocationType, variable },
    source: named?.source ?? 'none',
    name: named?.name ?? null,
    nameIncludesEnv: named?.nameIncludesEnv ?? false,
    effectiveName: effectiveName ?? null,
    integration: named?.integration ?? 'default',
    onUnknown: named?.onUnknown ?? onUnknown,
  };
}

function knownOrThrow(id: string): FunctionId {
  if (!isFunctionId(id)) throw new FunctionNotFoundError(id);
  return id;
}
