import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApiKeys, type Origin, Tenants } from '@puente/tenancy';
import { CreateApiKey, CreatedApiKey } from '../api-keys/api-keys.dto';
import { createdKey } from '../api-keys/api-keys.controller';
import { CurrentOrigin } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { CreateTenant, PageQuery, TenantPage, TenantParams, TenantView } from './tenants.dto';

/** For the platform's administrators: who uses this installation, and each tenant's first key. */
@ApiTags('Tenants')
@Scopes('platform')
@Controller('v1/tenants')
export class TenantsController {
  constructor(
    private readonly tenants: Tenants,
    private readonly keys: ApiKeys,
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

  /** Refuses the tenant's keys and calls from now on; nothing of it is deleted. */
  @Post(':id/suspend')
  @HttpCode(200)
  @ApiOkResponse({ type: TenantView })
  suspend(@CurrentOrigin() origin: Origin, @Param() { id }: TenantParams) {
    return this.tenants.suspend(origin, id);
  }

  /** Ends a suspension. */
  @Post(':id/activate')
  @HttpCode(200)
  @ApiOkResponse({ type: TenantView })
  activate(@CurrentOrigin() origin: Origin, @Param() { id }: TenantParams) {
    return this.tenants.activate(origin, id);
  }

  /** Creates a key for a tenant: the way to its first administrator. */
  @Post(':id/api-keys')
  @ApiCreatedResponse({ type: CreatedApiKey })
  async createKey(@CurrentOrigin() origin: Origin, @Param() { id }: TenantParams, @Body() body: CreateApiKey) {
    return createdKey(await this.keys.create(origin, id, body));
  }
}
