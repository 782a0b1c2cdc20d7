import { SetMetadata } from '@nestjs/common';
import type { Scope } from '@puente/tenancy';

export const SCOPES = 'puente:scopes';
export const PUBLIC = 'puente:public';

/** Which keys may use this route: any one of the scopes is enough. A route with neither this nor `@Public()` answers 403 to all. */
export const Scopes = (...scopes: Scope[]): MethodDecorator & ClassDecorator => SetMetadata(SCOPES, scopes);

/** No key needed. Public routes are few and listed in a test. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(PUBLIC, true);
