import { Controller, Get, Header, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import { AuditLog, AuditVerifier, type Origin, Tenants } from '@puente/tenancy';
import { AuditPage, AuditQuery, AuditVerification } from '../audit/audit.dto';
import { CurrentOrigin } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { TenantExports } from './tenant-exports';
import { EXPORT_EXAMPLE, ExportQuery, TenantParams } from './tenants.dto';

const NDJSON = 'application/x-ndjson';

/** What we keep of a tenant, for the platform: all of it, or its audit trail, which outlives the tenant. */
@ApiTags('Tenants')
@Scopes('platform')
@Controller('v1/tenants/:id')
export class TenantRecordsController {
  constructor(
    private readonly streams: TenantExports,
    private readonly tenants: Tenants,
    private readonly log: AuditLog,
    private readonly verifier: AuditVerifier,
  ) {}

  /**
   * Everything that is the tenant's, a JSON object per line, with a `type`; never secrets. The last line has the type
   * `end` and counts the others: without it the export is not whole. Suspend the tenant first to get a still picture.
   */
  @Get('export')
  @Header('content-type', `${NDJSON}; charset=utf-8`)
  @ApiProduces(NDJSON)
  @ApiOkResponse({ content: { [NDJSON]: { schema: { type: 'string' }, example: EXPORT_EXAMPLE } } })
  async export(@CurrentOrigin() origin: Origin, @Param() { id }: TenantParams, @Query() { payloads }: ExportQuery) {
    const disposition = `attachment; filename="tenant-${id}.ndjson"`;
    return new StreamableFile(await this.streams.begin(origin, id, { payloads }), { type: NDJSON, disposition });
  }

  /** The tenant's audit trail, also when the tenant is deleted; newest first. */
  @Get('audit')
  @ApiOkResponse({ type: AuditPage })
  async audit(@Param() { id }: TenantParams, @Query() { cursor, limit, ...filter }: AuditQuery) {
    await this.tenants.get(id);
    return this.log.list(id, filter, cursor, limit);
  }

  /** Recomputes the tenant's chain of hashes and names the first entry that does not fit. */
  @Get('audit/verify')
  @ApiOkResponse({ type: AuditVerification })
  async verifyAudit(@Param() { id }: TenantParams) {
    await this.tenants.get(id);
    return this.verifier.verify(id);
  }
}
