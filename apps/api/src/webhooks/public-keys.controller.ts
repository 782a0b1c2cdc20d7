import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { PublicKeys } from '@puente/flows/webhooks';
import type { FastifyReply } from 'fastify';
import { Public } from '../auth/scopes.decorator';
import { PublicKeySet, PublicKeysQuery } from './webhooks.dto';

/** Shorter than any overlap worth having. */
const CACHE = 'public, max-age=300';

/** For receivers, who have no key of ours. */
@Public()
@ApiTags('Webhooks')
@Controller('v1/webhooks/jwks')
export class PublicKeysController {
  constructor(private readonly keys: PublicKeys) {}

  /** The ed25519 keys by which `v1a` signatures of one endpoint's deliveries are verified. */
  @Get()
  @ApiOkResponse({ type: PublicKeySet })
  async get(@Query() { endpoint }: PublicKeysQuery, @Res({ passthrough: true }) reply: FastifyReply) {
    void reply.header('cache-control', CACHE);
    return { keys: await this.keys.of(endpoint) };
  }
}
