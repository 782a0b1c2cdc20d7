import { Injectable } from '@nestjs/common';
import { AppConfigService } from '@puente/config';
import { finalFunctionName } from '@puente/providers/lambda';
import { IntegrationViews } from '@puente/tenancy';
import { z } from 'zod';
import type { NamedFunction } from './function-names';
import type { FunctionId } from './known-functions';

const LambdaAccount = z.object({ environment: z.string().optional() });

/** What functions will really be called at AWS (S0.1), for people: the lambda account decides the environment. */
@Injectable()
export class EffectiveNames {
  constructor(
    private readonly integrations: IntegrationViews,
    private readonly config: AppConfigService,
  ) {}

  async of(tenantId: string, functions: readonly NamedFunction[]): Promise<ReadonlyMap<FunctionId, string>> {
    const accounts = (await this.integrations.list(tenantId)).filter(({ provider }) => provider === 'lambda');
    return new Map(
      functions.map(({ function: id, name: functionName, nameIncludesEnv, integration }) => {
        const account = accounts.find(({ name }) => name === integration);
        const own = LambdaAccount.safeParse(account?.config).data?.environment;
        return [id, finalFunctionName({ functionName, nameIncludesEnv }, own ?? this.config.get('ENV'))];
      }),
    );
  }
}
