import { Body, Controller, Get, Param, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Fixtures, PurchaseSettings } from '@puente/flows/purchases';
import type { Caller, Origin } from '@puente/tenancy';
import { CurrentCaller, CurrentOrigin } from '../auth/caller.decorator';
import { KnowsUsers, Scopes } from '../auth/scopes.decorator';
import { fixtureBody, settingsBody } from './purchase-views';
import {
  FixtureDetail,
  FixtureList,
  FixtureParams,
  FixturesQuery,
  PutFixture,
  PutSettings,
  SettingsDetail,
} from './purchases.dto';

/** What is for sale, and how the shop works. */
@ApiTags('Purchases')
@Controller('v1')
export class ShopController {
  constructor(
    private readonly fixtures: Fixtures,
    private readonly settings: PurchaseSettings,
  ) {}

  /** Fixtures with the units that are left of them. */
  @Get('fixtures')
  @Scopes('client', 'admin')
  @KnowsUsers()
  @ApiOkResponse({ type: FixtureList })
  async list(@CurrentCaller() { tenantId }: Caller, @Query() { cursor: after, limit }: FixturesQuery) {
    const { items, next } = await this.fixtures.list(tenantId, { after, limit });
    return { items: items.map(fixtureBody), next };
  }

  /** One fixture. */
  @Get('fixtures/:fixture_id')
  @Scopes('client', 'admin')
  @KnowsUsers()
  @ApiOkResponse({ type: FixtureDetail })
  async get(@CurrentCaller() { tenantId }: Caller, @Param() { fixture_id }: FixtureParams) {
    return fixtureBody(await this.fixtures.get(tenantId, fixture_id));
  }

  /** Puts a fixture up for sale, or changes it. */
  @Put('fixtures/:fixture_id')
  @Scopes('admin')
  @ApiOkResponse({ type: FixtureDetail })
  async put(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() { fixture_id }: FixtureParams,
    @Body() body: PutFixture,
  ) {
    return fixtureBody(await this.fixtures.put(tenantId, fixture_id, body, origin));
  }

  /** How the shop works: group, topics, prices, accounts. */
  @Get('purchases/settings')
  @Scopes('client', 'admin')
  @ApiOkResponse({ type: SettingsDetail })
  async read(@CurrentCaller() { tenantId }: Caller) {
    return settingsBody(await this.settings.get(tenantId));
  }

  /** Replaces the settings; what is left out gets its default. */
  @Put('purchases/settings')
  @Scopes('admin')
  @ApiOkResponse({ type: SettingsDetail })
  async write(@CurrentCaller() { tenantId }: Caller, @CurrentOrigin() origin: Origin, @Body() body: PutSettings) {
    return settingsBody(await this.settings.put(tenantId, body, origin));
  }
}
