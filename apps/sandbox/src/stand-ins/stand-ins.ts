import { AwsAccess, StandInHost, StsStandIn } from '@puente/integrations/testing';
import { LambdaStandIn } from '@puente/providers/lambda/testing';
import { SnsStandIn } from '@puente/providers/sns/testing';
import { SqsStandIn } from '@puente/providers/sqs/testing';
import { demoFunctions } from './demo-functions';

export interface StandInsOptions {
  /** PostgreSQL, a database for the stand-ins alone. */
  readonly databaseUrl: string;
  /** 0 takes a free port. */
  readonly port: number;
}

/**
 * All stand-ins on one loopback port. Put together here because providers do not know each other: SNS reaches SQS over
 * HTTP like any client. Tests that need more than one provider start the same.
 */
export async function startStandIns(options: StandInsOptions): Promise<StandInHost> {
  const access = new AwsAccess();
  return StandInHost.start({
    ...options,
    parts: [
      access,
      new StsStandIn(access),
      new SqsStandIn(access),
      new SnsStandIn(access),
      new LambdaStandIn(access, demoFunctions),
    ],
  });
}
