import { RouteConfig } from '@nestjs/platform-fastify';
import { OWN_TRACE } from '@puente/observability';

/** A route that opens its trace itself where it needs one: see {@link OWN_TRACE}. */
export const OwnTrace = (): MethodDecorator => RouteConfig(OWN_TRACE);
