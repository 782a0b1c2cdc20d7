import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { AccountingFlow, AccountingList, AccountingQueue } from '@puente/flows/accounting';
import { currentTrace } from '@puente/observability';
import type { Caller } from '@puente/tenancy';
import type { FastifyReply } from 'fastify';
import { CurrentCaller } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { BodyText, KeepBodyText } from '../http/body-text.decorator';
import { ApiIdempotencyKey, IdempotencyKey } from '../http/idempotency-key.decorator';
import {
  AcceptedAccountingEntry,
  AcceptedAccountingMessage,
  AccountingEntry,
  AccountingEntryPage,
  ChooseRoute,
  CreateMove,
  CreatePartner,
  EntriesQuery,
  EntryParams,
  SendAccountingMessage,
} from './accounting.dto';

const LOCATION = { Location: { description: 'Where it can be read.', schema: { type: 'string' } } } as const;
const KEY = 'Only for routes without a key of their own: the same key again posts nothing twice.';

/** What is to be in the books of a tenant's Odoo. */
@ApiTags('Accounting')
@Controller('v1/accounting')
export class AccountingEntriesController {
  constructor(
    private readonly flow: AccountingFlow,
    private readonly entries: AccountingList,
    private readonly queue: AccountingQueue,
  ) {}

  /** Posts an accounting entry in Odoo, once for its transaction. With the answer it is committed; a worker calls Odoo. */
  @Post('moves')
  @HttpCode(202)
  @Scopes('client')
  @KeepBodyText()
  @ApiIdempotencyKey(KEY)
  @ApiAcceptedResponse({ type: AcceptedAccountingEntry, headers: LOCATION })
  async move(
    @CurrentCaller() { tenantId }: Caller,
    @IdempotencyKey() idempotencyKey: string | undefined,
    @Query() { route }: ChooseRoute,
    @Body() _checked: CreateMove,
    @BodyText() text: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const options = { route, idempotencyKey, traceId: currentTrace()?.traceId };
    const entry = await this.flow.move(tenantId, text ?? '', options);
    void reply.header('location', `/v1/accounting/moves/${entry.id}`);
    return entry;
  }

  /** Creates the partner of an activated account in Odoo, once for its user. */
  @Post('partners')
  @HttpCode(202)
  @Scopes('client')
  @ApiIdempotencyKey(KEY)
  @ApiAcceptedResponse({ type: AcceptedAccountingEntry, headers: LOCATION })
  async partner(
    @CurrentCaller() { tenantId }: Caller,
    @IdempotencyKey() idempotencyKey: string | undefined,
    @Query() { route }: ChooseRoute,
    @Body() body: CreatePartner,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const options = { route, idempotencyKey, traceId: currentTrace()?.traceId };
    const entry = await this.flow.partner(tenantId, body, options);
    void reply.header('location', `/v1/accounting/partners/${entry.id}`);
    return entry;
  }

  /** Puts a message into the installation's accounting queue, as its own producers write them. */
  @Post('messages')
  @HttpCode(202)
  @Scopes('client')
  @KeepBodyText()
  @ApiIdempotencyKey('Repeating a request with the same key sends nothing twice.')
  @ApiAcceptedResponse({ type: AcceptedAccountingMessage, headers: LOCATION })
  async message(
    @CurrentCaller() { tenantId }: Caller,
    @IdempotencyKey() idempotencyKey: string | undefined,
    @Body() _checked: SendAccountingMessage,
    @BodyText() text: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const operationId = await this.queue.send(tenantId, text ?? '', idempotencyKey);
    void reply.header('location', `/v1/operations/${operationId}`);
    return { operationId };
  }

  /** Accounting entries, newest first. */
  @Get('moves')
  @Scopes('client', 'admin', 'audit')
  @ApiOkResponse({ type: AccountingEntryPage })
  moves(@CurrentCaller() { tenantId }: Caller, @Query() query: EntriesQuery) {
    return this.list(tenantId, 'move', query);
  }

  /** One accounting entry: where it is, and what Odoo said. */
  @Get('moves/:id')
  @Scopes('client', 'admin', 'audit')
  @ApiOkResponse({ type: AccountingEntry })
  oneMove(@CurrentCaller() { tenantId }: Caller, @Param() { id }: EntryParams) {
    return this.entries.get(tenantId, 'move', id);
  }

  /** Partners that were to be created, newest first. */
  @Get('partners')
  @Scopes('client', 'admin', 'audit')
  @ApiOkResponse({ type: AccountingEntryPage })
  partners(@CurrentCaller() { tenantId }: Caller, @Query() query: EntriesQuery) {
    return this.list(tenantId, 'partner', query);
  }

  /** One partner: where it is, and what Odoo said. */
  @Get('partners/:id')
  @Scopes('client', 'admin', 'audit')
  @ApiOkResponse({ type: AccountingEntry })
  onePartner(@CurrentCaller() { tenantId }: Caller, @Param() { id }: EntryParams) {
    return this.entries.get(tenantId, 'partner', id);
  }

  private list(tenantId: string, kind: 'move' | 'partner', query: EntriesQuery) {
    const { state: states, since: createdFrom, until: createdBefore, cursor, limit, ...filter } = query;
    return this.entries.list(tenantId, { ...filter, kind, states, createdFrom, createdBefore }, cursor, limit);
  }
}
