import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApiKeys, type Origin, TenantDeletion, TenantErasure, Tenants } from '@puente/tenancy';
import { CreateApiKey, CreatedApiKey } from '../api-keys/api-keys.dto';
import { createdKey } from '../api-keys/api-keys.controller';
import { CurrentOrigin } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { CreateTenant, DeleteTenantQuery, PageQuery, TenantPage, TenantParams, TenantView } from './tenants.dto';

/** A deletion answers after this long; what is then left to be erased is the worker's. */
const ERASE_MS = 2_000;

/** For the platform's administrators: who uses this installation, and each tenant's first key. */
@ApiTags('Tenants')
@Scopes('platform')
@Controller('v1/tenants')
export class TenantsController {
  constructor(
    private readonly tenants: Tenants,
    private readonly keys: ApiKeys,
    private readonly deletion: TenantDeletion,
    private readonly erasure: TenantErasure,
  ) {}

  /** Creates a tenant. It has no keys yet: create its first one next. */
  @Post()
  @ApiCreatedResponse({ type: TenantView })
  create(@CurrentOrigin() origin: Origin, @Body() body: CreateTenant) {
    return this.tenants.create(origin, body);
  }

  /** All tenants, in the order of their ids. */
  @Get()
  @ApiOkResponse({ type: TenantPage })
  list(@Query() query: PageQuery) {
    return this.tenants.list(query.cursor, query.limit);
  }

  /** One tenant. */
  @Get(':id')
  @ApiOkResponse({ type: TenantView })
  get(@Param() { id }: TenantParams) {
    return this.tenants.get(id);
  }

  /**
   * Refuses the tenant's keys from now on and calls nothing in its name. What it has waits: operations in the ledger,
   * messages in its queue. Calls in flight end by themselves.
   */
  @Post(':id/suspend')
  @HttpCode(200)
  @ApiOkResponse({ type: TenantView })
  suspend(@CurrentOrigin() origin: Origin, @Param() { id }: TenantParams) {
    return this.tenants.suspend(origin, id);
  }

  /** Ends a suspension: what waited goes on. */
  @Post(':id/activate')
  @HttpCode(200)
  @ApiOkResponse({ type: TenantView })
  activate(@CurrentOrigin() origin: Origin, @Param() { id }: TenantParams) {
    return this.tenants.activate(origin, id);
  }

  /**
   * Deletes a suspended tenant for good: its data key is destroyed and with it every payload, its credentials are erased,
   * its keys revoked, what waits is cancelled. A tombstone and its audit trail stay. Repeating it changes nothing.
   */
  @Delete(':id')
  @ApiOkResponse({ type: TenantView })
  async delete(
    @CurrentOrigin() origin: Origin,
    @Param() { id }: TenantParams,
    @Query() { confirm, force }: DeleteTenantQuery,
  ) {
    await this.deletion.delete(origin, id, { confirm, force });
    await this.erasure.run(id, { signal: AbortSignal.timeout(ERASE_MS) });
    return this.tenants.get(id);
  }

  /** Creates a key for a tenant: the way to its first administrator. */
  @Post(':id/api-keys')
  @ApiCreatedResponse({ type: CreatedApiKey })
  async createKey(@CurrentOrigin() origin: Origin, @Param() { id }: TenantParams, @Body() body: CreateApiKey) {
    return createdKey(await this.keys.create(origin, id, body));
  }
}
