import { STSClient } from '@aws-sdk/client-sts';
import type { ConnectContext } from '../provider';

/**
 * Our own AWS identity, as the SDK finds it (environment, profile, instance role). Its one use is to assume the roles
 * that tenants name; those must demand the tenant's ExternalId. No tenant's call is ever made with it.
 */
export function platformIdentity(region: string): NonNullable<ConnectContext['platformAws']> {
  let client: STSClient | undefined;
  return async () => {
    client ??= new STSClient({ region });
    const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials();
    return sessionToken === undefined
      ? { accessKeyId, secretAccessKey }
      : { accessKeyId, secretAccessKey, sessionToken };
  };
}
