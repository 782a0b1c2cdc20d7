import type { Reach } from '@puente/egress';
import type { Secret } from '@puente/kernel';
import type { ConnectContext } from '../provider';
import { type Agents, traced, tracingAgents } from './aws-call-trace';
import type { AwsClientConfig, AwsKeys } from './aws-client-config';
import { awsClientConfig } from './aws-client-config';
import type { AwsConfig, AwsSecrets } from './aws-connection.schemas';
import { EXPIRED_SESSION_CODES } from './aws-error-codes';
import { partsOf } from './aws-error-evidence';
import { AwsCredentialsIncompleteError, AwsRoleNotAssumedError } from './aws-errors';
import type { AwsIdentity } from './aws-identity';
import { AssumedRole, StaticIdentity } from './aws-identity';

const IDLE_MS = 4_000;
const STS_TIMEOUT_MS = 5_000;

/**
 * What the AWS providers share: one tenant's identity, its region, and the way calls are sent. Build the SDK's client
 * from `clientConfig` and send everything through {@link AwsConnection.call}, else a failure cannot be told apart from
 * one that left a trace at AWS.
 */
export class AwsConnection {
  readonly region: string;
  readonly clientConfig: AwsClientConfig;

  private constructor(
    region: string,
    clientConfig: AwsClientConfig,
    private readonly identity: AwsIdentity,
  ) {
    this.region = region;
    this.clientConfig = clientConfig;
  }

  /**
   * Opens nothing yet: the first call connects. To a custom endpoint only as the egress guard allows.
   *
   * @throws AwsCredentialsIncompleteError
   */
  static open(secrets: Secret<AwsSecrets>, config: AwsConfig, context: ConnectContext): AwsConnection {
    const endpoint = config.endpoint === undefined ? undefined : new URL(config.endpoint).origin;
    const at = { region: config.region, endpoint };
    const agents = (reach: Reach): Agents =>
      tracingAgents({ idleMs: IDLE_MS, egress: endpoint === undefined ? undefined : { guard: context.egress, reach } });
    const identity = identityOf(secrets, config, context, (keys, reach) =>
      awsClientConfig({ ...at, keys, agents: agents(reach), requestTimeoutMs: STS_TIMEOUT_MS }),
    );
    const clientConfig = awsClientConfig({ ...at, keys: () => identity.keys(), agents: agents('public') });
    return new AwsConnection(config.region, clientConfig, identity);
  }

  /**
   * Sends one SDK call, once. An assumed role's session that AWS calls expired is the one exception: AWS refused it
   * unread, so the call is sent again under a new session.
   *
   * @param send must hand the signal to the SDK as `abortSignal`
   */
  async call<T>(signal: AbortSignal, send: () => Promise<T>): Promise<T> {
    await this.ready(signal);
    try {
      return await traced(signal, send);
    } catch (error) {
      const { awsCode } = partsOf(error);
      if (awsCode === undefined || !EXPIRED_SESSION_CODES.has(awsCode) || !this.identity.renew()) throw error;
      return traced(signal, send);
    }
  }

  close(): void {
    this.identity.close();
    this.clientConfig.requestHandler.httpAgent.destroy();
    this.clientConfig.requestHandler.httpsAgent.destroy();
  }

  /** Has keys before the call begins, so that giving up on STS is not mistaken for giving up on the call. */
  private async ready(signal: AbortSignal): Promise<void> {
    const given = new AwsRoleNotAssumedError({ kind: 'not_sent', cause: 'deadline' });
    if (signal.aborted) throw given;
    let giveUp: () => void = () => undefined;
    const aborted = new Promise<never>((_resolve, reject) => {
      giveUp = () => {
        reject(given);
      };
    });
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      await Promise.race([this.identity.keys(), aborted]);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }
}

function identityOf(
  secrets: Secret<AwsSecrets>,
  config: AwsConfig,
  context: ConnectContext,
  stsConfig: (keys: () => Promise<AwsKeys>, reach: Reach) => AwsClientConfig,
): AwsIdentity {
  const { accessKeyId, secretAccessKey } = secrets.reveal();
  const own = accessKeyId !== undefined && secretAccessKey !== undefined;
  const ownKeys = (): AwsKeys => staticKeys(secrets.reveal());
  if (config.roleArn === undefined) {
    if (!own) throw new AwsCredentialsIncompleteError('give accessKeyId and secretAccessKey, or a roleArn');
    return new StaticIdentity(ownKeys);
  }
  const platform = context.platformAws;
  if (!own && !platform) {
    throw new AwsCredentialsIncompleteError('this installation has no AWS identity of its own to assume roles with');
  }
  const role = {
    roleArn: config.roleArn,
    externalId: context.externalId,
    sessionName: `puente-${context.tenantId}`,
  };
  // What the platform signs goes to AWS, or to what the operator allows: never to a host of a tenant's choice.
  const sts = own || !platform ? stsConfig(async () => ownKeys(), 'public') : stsConfig(platform, 'allowed');
  return new AssumedRole(role, sts);
}

function staticKeys({ accessKeyId, secretAccessKey, sessionToken }: AwsSecrets): AwsKeys {
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new AwsCredentialsIncompleteError('give accessKeyId and secretAccessKey, or a roleArn');
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}
