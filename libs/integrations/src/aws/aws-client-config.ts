import type { Agents } from './aws-call-trace';

/** One key as AWS signs with it. Never printed: it lives between the vault and the signature only. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** TCP only. A connection that is not there after this long is proof that nothing was sent. */
const CONNECTION_TIMEOUT_MS = 3_000;
/** A net below the chain's own timeout per try, which is always shorter and the one that decides. */
const REQUEST_TIMEOUT_MS = 20_000;

export interface AwsClientConfigParts {
  readonly region: string;
  readonly endpoint: string | undefined;
  readonly keys: () => Promise<AwsKeys>;
  readonly agents: Agents;
  readonly requestTimeoutMs?: number;
}

/**
 * What every AWS client of a tenant is built with. Everything the SDK would otherwise look for in the environment, in
 * `~/.aws` or in the instance's metadata is set here: a tenant's call never uses credentials, a region or an address
 * that is not its own. Retries are off: the SDK repeats side effects after a lost answer (ADR 0007).
 */
export function awsClientConfig({ region, endpoint, keys, agents, requestTimeoutMs }: AwsClientConfigParts) {
  return {
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ignoreConfiguredEndpointUrls: true,
    // Already expired for the SDK, so that it asks for every request: the cache is ours, and can be emptied.
    credentials: async () => ({ ...(await keys()), expiration: new Date(0) }),
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'standard' as const,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    authSchemePreference: ['aws.auth#sigv4'],
    userAgentAppId: 'puente',
    requestHandler: {
      ...agents,
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
  };
}

export type AwsClientConfig = ReturnType<typeof awsClientConfig>;
