import { Body, Controller, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Wallets } from '@puente/flows/purchases';
import type { Caller, Origin } from '@puente/tenancy';
import { CurrentCaller, CurrentOrigin } from '../auth/caller.decorator';
import { ownUser } from '../auth/own-user';
import { KnowsUsers, Scopes } from '../auth/scopes.decorator';
import { InvalidRequestError } from '../http/http-errors';
import { ApiIdempotencyKey, IdempotencyKey } from '../http/idempotency-key.decorator';
import { PutUser, TopUp, UserParams, WalletBalance, WalletQuery, WalletUser } from './purchases.dto';

/** The users of the shop and their wallets (S2.5). */
@ApiTags('Purchases')
@Controller('v1/users')
export class ShopUsersController {
  constructor(private readonly wallets: Wallets) {}

  /** What a user's wallet holds. */
  @Get('wallet')
  @Scopes('client', 'admin')
  @KnowsUsers()
  @ApiOkResponse({ type: WalletBalance })
  async balance(@CurrentCaller() caller: Caller, @Query() { id }: WalletQuery) {
    const userId = ownUser(caller, id);
    if (userId === undefined) throw new InvalidRequestError([{ path: 'id', message: 'expected whose wallet' }]);
    const { billetera } = await this.wallets.get(caller.tenantId, userId);
    return { billetera };
  }

  /** Adds money to a wallet. Not for keys of one user: nobody fills their own. */
  @Put('wallet')
  @HttpCode(200)
  @Scopes('client')
  @ApiIdempotencyKey('The same key adds the money once.')
  @ApiOkResponse({ type: WalletUser })
  async add(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @IdempotencyKey() idempotencyKey: string | undefined,
    @Body() { user_id: userId, amount }: TopUp,
  ) {
    return { user: await this.wallets.add(tenantId, { userId, amount, idempotencyKey }, origin) };
  }

  /** Makes a user of the shop, or changes name and e-mail. */
  @Put(':user_id')
  @Scopes('client', 'admin')
  @ApiOkResponse({ type: WalletUser })
  async put(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() { user_id }: UserParams,
    @Body() person: PutUser,
  ) {
    return { user: await this.wallets.put(tenantId, user_id, person, origin) };
  }
}
