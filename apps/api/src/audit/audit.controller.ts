import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { AuditLog, AuditVerifier, type Caller } from '@puente/tenancy';
import { CurrentCaller } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { AuditPage, AuditQuery, AuditVerification } from './audit.dto';

/** The caller's audit trail, for reading and for checking; nothing here changes it. */
@ApiTags('Audit')
@Scopes('audit')
@Controller('v1/audit')
export class AuditController {
  constructor(
    private readonly log: AuditLog,
    private readonly verifier: AuditVerifier,
  ) {}

  /** Who did what, when, from where, and how it ended; newest first. Names, never values. */
  @Get()
  @ApiOkResponse({ type: AuditPage })
  list(@CurrentCaller() { tenantId }: Caller, @Query() { cursor, limit, ...filter }: AuditQuery) {
    return this.log.list(tenantId, filter, cursor, limit);
  }

  /** Recomputes the chain of hashes and names the first entry that does not fit. */
  @Get('verify')
  @ApiOkResponse({ type: AuditVerification })
  verify(@CurrentCaller() { tenantId }: Caller) {
    return this.verifier.verify(tenantId);
  }
}
