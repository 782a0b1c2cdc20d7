import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Rotations } from '@puente/tenancy';
import { Scopes } from '../auth/scopes.decorator';
import { RotationPage, RotationsQuery } from './rotations.dto';

/** For the platform: which credentials of which tenants are to be rotated. Names and dates, nothing else. */
@ApiTags('Tenants')
@Scopes('platform')
@Controller('v1/rotations')
export class RotationsController {
  constructor(private readonly rotations: Rotations) {}

  /** Credentials of all tenants that are due within 14 days or overdue, the most urgent first. */
  @Get()
  @ApiOkResponse({ type: RotationPage })
  list(@Query() { state, cursor, limit }: RotationsQuery) {
    return this.rotations.due(state, cursor, limit);
  }
}
