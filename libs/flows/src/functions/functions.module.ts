import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { LambdaProviderModule } from '@puente/providers/lambda';
import { EffectiveNames } from './effective-names';
import { FunctionHandlers } from './function-handlers';
import { FunctionNames } from './function-names';
import { FunctionOperations } from './function-operations';
import { FunctionsAdmin } from './functions-admin';
import { FunctionsFlow } from './functions-flow';
import { TenantFunctionEntity } from './tenant-function.entity';

/**
 * The functions flow (SYSTEMS S0.2). The api uses FunctionsFlow and FunctionsAdmin; FunctionHandlers is bound to the
 * notifications flow's port `HandlerFunctions`.
 *
 * Needs, from global modules: the configuration, the database, tenancy and integrations.
 */
@Module({
  imports: [TypeOrmModule.forFeature([TenantFunctionEntity]), LambdaProviderModule],
  providers: [FunctionsFlow, FunctionsAdmin, FunctionHandlers, FunctionNames, FunctionOperations, EffectiveNames],
  exports: [FunctionsFlow, FunctionsAdmin, FunctionHandlers],
})
export class FunctionsModule {}
