import { SetMetadata } from '@nestjs/common';
import type { Scope } from '@puente/tenancy';

export const SCOPES = 'puente:scopes';
export const PUBLIC = 'puente:public';
export const KNOWS_USERS = 'puente:knows-users';

/** Which keys may use this route: any one of the scopes is enough. A route with neither this nor `@Public()` answers 403 to all. */
export const Scopes = (...scopes: Scope[]): MethodDecorator & ClassDecorator => SetMetadata(SCOPES, scopes);

/** No key needed. Public routes are few and listed in a test. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(PUBLIC, true);

/**
 * The route also serves keys that are restricted to one end user, and keeps them to that user's own things itself (see
 * `ownUser`). Routes without this refuse such keys.
 */
export const KnowsUsers = (): MethodDecorator & ClassDecorator => SetMetadata(KNOWS_USERS, true);
