import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { Failure } from '@puente/kernel';
import { notSent } from '@puente/kernel';
import { withAnswerLimit } from './answer-limit';
import type { AwsClientConfig, AwsKeys } from './aws-client-config';
import { traced } from './aws-call-trace';
import { AwsRoleNotAssumedError } from './aws-errors';
import { classifyAwsError } from './classify-aws-error';

/** Under whose key calls are signed. */
export interface AwsIdentity {
  /** @throws AwsRoleNotAssumedError */
  keys(): Promise<AwsKeys>;
  /** Throws away keys that AWS calls expired. @returns whether the next {@link keys} will be others. */
  renew(): boolean;
  close(): void;
}

/** A key that is used as it is, for as long as the tenant keeps it. */
export class StaticIdentity implements AwsIdentity {
  constructor(private readonly reveal: () => AwsKeys) {}

  async keys(): Promise<AwsKeys> {
    return this.reveal();
  }

  renew(): boolean {
    return false;
  }

  close(): void {
    // Nothing is open.
  }
}

export interface RoleToAssume {
  readonly roleArn: string;
  /** Made by Puente per tenant; the role's trust policy demands it, so that no other tenant can make us use this role. */
  readonly externalId: string;
  /** Shows in the tenant's CloudTrail. */
  readonly sessionName: string;
}

/** Renewed this long before their end (or in the middle of a shorter life): nothing is signed with keys that end on the way. */
const RENEW_BEFORE_MS = 5 * 60_000;
const SESSION_SECONDS = 3_600;

/**
 * A role assumed through STS. Its keys are kept until shortly before they end; calls that come together share one
 * request. A failure is not kept: the next call asks again.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
 */
export class AssumedRole implements AwsIdentity {
  private readonly sts: STSClient;
  private session: { readonly keys: AwsKeys; readonly renewAt: number } | undefined;
  private pending: Promise<AwsKeys> | undefined;

  /** @param config how the identity that assumes the role reaches STS */
  constructor(
    private readonly role: RoleToAssume,
    config: AwsClientConfig,
    private readonly now: () => number = Date.now,
  ) {
    this.sts = withAnswerLimit(new STSClient(config));
  }

  async keys(): Promise<AwsKeys> {
    if (this.session && this.now() < this.session.renewAt) return this.session.keys;
    this.pending ??= this.assume().finally(() => {
      this.pending = undefined;
    });
    return this.pending;
  }

  renew(): boolean {
    this.session = undefined;
    return true;
  }

  close(): void {
    this.sts.destroy();
  }

  private async assume(): Promise<AwsKeys> {
    const { roleArn, externalId, sessionName } = this.role;
    const command = new AssumeRoleCommand({
      RoleArn: roleArn,
      RoleSessionName: sessionName,
      ExternalId: externalId,
      DurationSeconds: SESSION_SECONDS,
    });
    try {
      const { Credentials: given } = await traced(new AbortController().signal, () => this.sts.send(command));
      if (given?.AccessKeyId === undefined || given.SecretAccessKey === undefined || given.Expiration === undefined) {
        throw new TypeError('STS answered without credentials');
      }
      const keys = {
        accessKeyId: given.AccessKeyId,
        secretAccessKey: given.SecretAccessKey,
        ...(given.SessionToken === undefined ? {} : { sessionToken: given.SessionToken }),
      };
      const end = given.Expiration.getTime();
      this.session = { keys, renewAt: end - Math.min(RENEW_BEFORE_MS, (end - this.now()) / 2) };
      return keys;
    } catch (error) {
      throw new AwsRoleNotAssumedError(beforeTheCall(classifyAwsError(error)));
    }
  }
}

/** What a failure of STS means for the call that was waiting for its keys: it never left, whatever happened at STS. */
function beforeTheCall(failure: Failure): Failure {
  const { code, status, message } = failure;
  const evidence = { code, status, message };
  switch (failure.kind) {
    case 'unknown':
      return notSent(failure.cause === 'timeout' || failure.cause === 'reset' ? 'connect' : 'refused', evidence);
    case 'rejected':
      return { kind: 'unauthorized', ...evidence };
    case 'unauthorized':
    case 'throttled':
    case 'not_sent':
      return failure;
  }
}
