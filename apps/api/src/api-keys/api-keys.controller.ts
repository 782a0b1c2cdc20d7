import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Secret } from '@puente/kernel';
import { ApiKeys, type ApiKeyView as KeyView, type Caller, type Origin } from '@puente/tenancy';
import { CurrentCaller, CurrentOrigin } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { ApiKeyList, ApiKeyParams, CreateApiKey, CreatedApiKey } from './api-keys.dto';

/** The one answer that carries a secret: the key, shown once to whoever made it. */
export function createdKey({
  key,
  view,
}: {
  readonly key: Secret;
  readonly view: KeyView;
}): KeyView & { readonly key: string } {
  return { ...view, key: key.reveal() };
}

/** Keys of the caller's own tenant. A platform's administrator makes the first one of a tenant under /v1/tenants. */
@ApiTags('API keys')
@Scopes('admin', 'platform')
@Controller('v1/api-keys')
export class ApiKeysController {
  constructor(private readonly keys: ApiKeys) {}

  /** Creates a key of the caller's tenant. The key itself is in this answer only. */
  @Post()
  @ApiCreatedResponse({ type: CreatedApiKey })
  async create(@CurrentCaller() caller: Caller, @CurrentOrigin() origin: Origin, @Body() body: CreateApiKey) {
    return createdKey(await this.keys.create(origin, caller.tenantId, body));
  }

  /** The tenant's keys, newest first, revoked ones included. */
  @Get()
  @ApiOkResponse({ type: ApiKeyList })
  async list(@CurrentCaller() caller: Caller) {
    return { items: await this.keys.list(caller.tenantId) };
  }

  /** Revokes a key; it is refused from the next request on. */
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  revoke(
    @CurrentCaller() caller: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() { id }: ApiKeyParams,
  ): Promise<void> {
    return this.keys.revoke(origin, caller.tenantId, id);
  }
}
