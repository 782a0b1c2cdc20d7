import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Failure, StandIn, StandInReply, StandInRequest } from '../stand-in/stand-in.port';
import type { SandboxServices } from '../stand-in/stand-in.port';
import type { AwsAccess } from './aws-access';
import type { AwsError } from './aws-error';
import { commonAwsError } from './aws-error';
import { AwsFrontend } from './aws-frontend';
import type { AwsOperation, AwsResult, AwsService } from './aws-service';
import { awsOperation } from './aws-service';

const AssumeRole = z.object({
  RoleArn: z.string().min(20),
  RoleSessionName: z.string().regex(/^[\w+=,.@-]{2,64}$/),
  ExternalId: z.string().optional(),
  DurationSeconds: z.int().min(900).max(43_200).default(3_600),
});

const badParameter = (parameter: string, missing: boolean): AwsError =>
  commonAwsError(
    'ValidationError',
    `1 validation error detected: Value at '${parameter}' ${missing ? 'must not be null' : 'is not valid'}`,
  );

/**
 * STS: sessions for tenants that hand out a role instead of a key. A role exists once it was made known by
 * `POST /_sandbox/aws/roles`; the wrong ExternalId is refused as AWS refuses it, without saying which part was wrong.
 */
export class StsStandIn implements StandIn {
  readonly id = 'sts';
  private readonly frontend: AwsFrontend;
  private services: SandboxServices | undefined;

  constructor(private readonly access: AwsAccess) {
    this.frontend = new AwsFrontend(this.service(), access);
  }

  async start(services: SandboxServices): Promise<void> {
    this.services = services;
  }

  claims(request: StandInRequest): boolean {
    return this.frontend.claims(request);
  }

  operation(request: StandInRequest): string {
    return this.frontend.operation(request);
  }

  handle(request: StandInRequest): Promise<StandInReply> {
    return this.frontend.handle(request);
  }

  failure(request: StandInRequest, failure: Failure): StandInReply {
    return this.frontend.failure(request, failure);
  }

  private service(): AwsService {
    return {
      id: this.id,
      apiVersion: '2011-06-15',
      xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
      operations: { GetCallerIdentity: callerIdentity, AssumeRole: this.assumeRole() },
      errorShape: (code, status) => ({
        type: code,
        queryCode: code,
        status,
        fault: status >= 500 ? 'Receiver' : 'Sender',
      }),
    };
  }

  private assumeRole(): AwsOperation {
    return awsOperation({
      input: AssumeRole,
      badParameter,
      queryInput: { RoleArn: 'string', RoleSessionName: 'string', ExternalId: 'string', DurationSeconds: 'integer' },
      queryOutput: {
        Credentials: {
          structure: { AccessKeyId: 'string', SecretAccessKey: 'string', SessionToken: 'string', Expiration: 'string' },
        },
        AssumedRoleUser: { structure: { AssumedRoleId: 'string', Arn: 'string' } },
      },
      run: async ({ principal }, input): Promise<AwsResult> => {
        const expected = this.access.externalIdOf(input.RoleArn);
        if (expected === undefined || (expected !== null && expected !== input.ExternalId)) {
          throw commonAwsError(
            'AccessDenied',
            `User: ${principal.arn} is not authorized to perform: sts:AssumeRole on resource: ${input.RoleArn}`,
          );
        }
        const session = await this.access.openSession(input.RoleArn, input.RoleSessionName, input.DurationSeconds);
        await this.services?.effects.record(this.id, 'AssumeRole', {
          roleArn: input.RoleArn,
          sessionName: input.RoleSessionName,
          accessKeyId: session.accessKeyId,
        });
        return {
          output: {
            Credentials: {
              AccessKeyId: session.accessKeyId,
              SecretAccessKey: randomBytes(30).toString('base64'),
              SessionToken: randomBytes(120).toString('base64'),
              Expiration: session.expiresAt.toISOString(),
            },
            AssumedRoleUser: { AssumedRoleId: `AROASANDBOX:${input.RoleSessionName}`, Arn: session.assumedRole },
          },
        };
      },
    });
  }
}

const callerIdentity = awsOperation({
  input: z.unknown(),
  badParameter,
  queryOutput: { UserId: 'string', Account: 'string', Arn: 'string' },
  run: async ({ principal }) => ({
    output: { UserId: principal.accessKeyId, Account: principal.account, Arn: principal.arn },
  }),
});
