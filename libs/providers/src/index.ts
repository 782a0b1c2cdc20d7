import type { AnyProvider } from '@puente/integrations';
import * as providers from './catalog';

/**
 * The definitions of catalog.ts, in the order of their codes. What a flow injects of a provider is behind that provider's
 * own door, `@puente/providers/<id>`.
 */
export const catalog: readonly AnyProvider[] = Object.values<AnyProvider>(providers).sort((a, b) =>
  a.meta.code.localeCompare(b.meta.code),
);
