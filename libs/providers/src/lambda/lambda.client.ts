import type { AwsConnection } from '@puente/integrations';
import { AwsCallRefusedError, withAnswerLimit } from '@puente/integrations';
import {
  GetAccountSettingsCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient as AwsLambda,
} from '@aws-sdk/client-lambda';
import { answerValue } from './answer-value';
import type { FunctionName } from './function-name';
import { finalFunctionName } from './function-name';
import { functionFailure, LambdaFunctionFailedError } from './lambda.errors';
import type { FunctionRef, Invoke } from './lambda.schemas';
import { wirePayload } from './lambda.schemas';

/** What of a call reaches the wire: the signal to give up, by what functions deduplicate, and the mark of a repeat. */
export interface LambdaCall {
  readonly signal: AbortSignal;
  readonly dedupeKey: string;
  readonly operationId?: string | undefined;
  /** How often this invocation has been sent again although an earlier try may have arrived. */
  readonly repeat: number;
}

const MAX_NAME = 64;
const ANSWERED = { RequestResponse: 200, Event: 202 } as const;

/** Lambda over AWS's own SDK. */
export class LambdaClient {
  private readonly sdk: AwsLambda;

  /** @param environment what the names of functions end with */
  constructor(
    private readonly aws: AwsConnection,
    private readonly environment: string,
  ) {
    this.sdk = withAnswerLimit(new AwsLambda(aws.clientConfig));
  }

  close(): void {
    this.sdk.destroy();
    this.aws.close();
  }

  /** @throws {LambdaFunctionFailedError} when the function answered with an error */
  async invoke(input: Invoke, call: LambdaCall): Promise<unknown> {
    const functionName = this.finalName(input);
    const command = new InvokeCommand({
      FunctionName: functionName,
      InvocationType: input.invocationType,
      Qualifier: input.qualifier,
      ClientContext: clientContext(call),
      Payload: Buffer.from(wirePayload(input)),
    });
    const answer = await this.aws.call(call.signal, () => this.sdk.send(command, { abortSignal: call.signal }));
    const text = answer.Payload?.transformToString() ?? '';
    if (answer.FunctionError !== undefined) throw new LambdaFunctionFailedError(functionFailure(text));
    return {
      // Another status is another answer than the one to this question.
      statusCode: answer.StatusCode === ANSWERED[input.invocationType] ? answer.StatusCode : undefined,
      functionName,
      requestId: answer.$metadata.requestId,
      executedVersion: answer.ExecutedVersion,
      ...(input.invocationType === 'RequestResponse' ? { payload: answerValue(text) } : {}),
    };
  }

  async getFunctionConfiguration(input: FunctionRef, signal: AbortSignal): Promise<unknown> {
    const functionName = this.finalName(input);
    const command = new GetFunctionConfigurationCommand({ FunctionName: functionName, Qualifier: input.qualifier });
    const found = await this.aws.call(signal, () => this.sdk.send(command, { abortSignal: signal }));
    return {
      functionName,
      functionArn: found.FunctionArn,
      version: found.Version,
      runtime: found.Runtime,
      state: found.State,
      lastUpdateStatus: found.LastUpdateStatus,
      timeoutSeconds: found.Timeout,
      memoryMb: found.MemorySize,
      lastModified: found.LastModified,
    };
  }

  async checkAccess(functionName: string | undefined, signal: AbortSignal): Promise<unknown> {
    if (functionName === undefined) {
      const command = new GetAccountSettingsCommand({});
      const { $metadata } = await this.aws.call(signal, () => this.sdk.send(command, { abortSignal: signal }));
      return { proof: 'GetAccountSettings', requestId: $metadata.requestId };
    }
    const name = this.finalName({ functionName, nameIncludesEnv: false });
    const command = new InvokeCommand({ FunctionName: name, InvocationType: 'DryRun' });
    const answer = await this.aws.call(signal, () => this.sdk.send(command, { abortSignal: signal }));
    return { proof: answer.StatusCode === 204 ? 'DryRun' : undefined, requestId: answer.$metadata.requestId };
  }

  private finalName(given: FunctionName): string {
    const { functionName, nameIncludesEnv } = given;
    if (!nameIncludesEnv) return this.inEnvironment(given);
    const [prefix, , , region] = functionName.split(':');
    // AWS would say that there is no such function, which is true only of the region that was asked.
    if (prefix === 'arn' && region !== this.aws.region) {
      throw new AwsCallRefusedError(
        'FUNCTION_REGION_MISMATCH',
        `The function is in ${region ?? 'no region'}, the integration in ${this.aws.region}. Nothing was sent.`,
      );
    }
    return functionName;
  }

  private inEnvironment(given: FunctionName): string {
    const name = finalFunctionName(given, this.environment);
    if (name.length <= MAX_NAME) return name;
    throw new AwsCallRefusedError(
      'FUNCTION_NAME_TOO_LONG',
      `${name} is longer than the ${String(MAX_NAME)} characters of a function's name. Nothing was sent.`,
    );
  }
}

/**
 * By which functions know an invocation again, and a repeat from the first: under `custom`, as text, because not every
 * runtime passes anything else on. "Lambda passes the ClientContext object to your function for synchronous invocations
 * only"; sent with every invocation all the same, so that the wire tells one story. At most 3,583 bytes of base64.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
function clientContext({ operationId, dedupeKey, repeat }: LambdaCall): string {
  const custom = {
    puente_operation_id: operationId ?? dedupeKey,
    ...(repeat > 0 ? { puente_repeat: String(repeat) } : {}),
  };
  return Buffer.from(JSON.stringify({ custom })).toString('base64');
}
