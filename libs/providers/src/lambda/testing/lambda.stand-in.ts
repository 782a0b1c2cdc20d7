import type {
  AwsAccess,
  ControlRoute,
  Failure,
  SandboxServices,
  StandIn,
  StandInReply,
  StandInRequest,
} from '@puente/integrations/testing';
import { AwsError, awsRequest, commonAwsError } from '@puente/integrations/testing';
import type { JsonValue } from '@puente/kernel';
import { runFunction } from './function-run';
import type { Invocation, Place } from './invocation';
import { functionAt, invocationOf } from './invocation';
import type { FunctionHandler, HandlerContext, RegisteredFunction } from './lambda-functions';
import { FUNCTIONS_SCHEMA, LambdaFunctions } from './lambda-functions';
import type { LambdaRoute } from './lambda-wire';
import {
  answerHeaders,
  codeOfStatus,
  isLambdaPath,
  jsonAnswer,
  lambdaError,
  lambdaErrorShape,
  refusal,
  routeOf,
} from './lambda-wire';

/** Answers with what it got; there without being registered. */
const echo: FunctionHandler = (event) => event;

/**
 * AWS Lambda, in the REST protocol its SDKs speak: it runs handlers that are registered by code or, as a behaviour, over
 * the control plane. An invocation is a committed row before its function begins.
 *
 * An event is answered with 202 and run afterwards, once: AWS would run it twice more after an error, and would keep it
 * in a queue of its own, which a sandbox that is killed in that moment does not.
 */
export class LambdaStandIn implements StandIn {
  readonly id = 'lambda';
  readonly schema = FUNCTIONS_SCHEMA;
  readonly tables = ['lambda_functions'];
  private running: { readonly services: SandboxServices; readonly functions: LambdaFunctions } | undefined;

  /** @param code functions by name; they are there in every account and region */
  constructor(
    private readonly access: AwsAccess,
    private readonly code: Readonly<Record<string, FunctionHandler>> = {},
  ) {}

  async start(services: SandboxServices): Promise<void> {
    this.running = { services, functions: new LambdaFunctions(services, { echo, ...this.code }) };
  }

  get control(): readonly ControlRoute[] {
    return this.running?.functions.routes() ?? [];
  }

  claims(request: StandInRequest): boolean {
    const { service } = awsRequest(request);
    return service === undefined ? isLambdaPath(request.path) : service === this.id;
  }

  operation(request: StandInRequest): string {
    return routeOf(request)?.operation ?? '';
  }

  async handle(request: StandInRequest): Promise<StandInReply> {
    try {
      const aws = awsRequest(request);
      const place = { principal: this.access.authenticate(aws), region: aws.region };
      const route = routeOf(request);
      if (!route) throw commonAwsError('InvalidAction', `There is no ${request.method} ${request.path} here.`);
      return await this.run(route, request, place);
    } catch (error) {
      if (error instanceof AwsError) return refusal(request, error);
      throw error;
    }
  }

  failure(request: StandInRequest, failure: Failure): StandInReply {
    const { status } = failure;
    const code =
      failure.code ?? codeOfStatus[status] ?? (status >= 500 ? 'ServiceException' : 'InvalidParameterValueException');
    const message = failure.message ?? `${code} (by order of the sandbox)`;
    return refusal(request, new AwsError(lambdaErrorShape(code, status), message));
  }

  private async run(
    { operation, functionRef }: LambdaRoute,
    request: StandInRequest,
    place: Place,
  ): Promise<StandInReply> {
    switch (operation) {
      case 'Invoke':
        return this.invoke(request, await invocationOf(request, functionRef, place, this.parts.functions));
      case 'GetFunctionConfiguration': {
        const found = await functionAt(functionRef, request.query.get('Qualifier'), place, this.parts.functions);
        return jsonAnswer(request, 200, configuration(found.target, found.arn, found.qualifier));
      }
      case 'ListFunctions':
        return jsonAnswer(request, 200, await this.list(request, place));
      case 'GetAccountSettings':
        return jsonAnswer(request, 200, {
          AccountLimit: { ConcurrentExecutions: 1_000, UnreservedConcurrentExecutions: 1_000 },
          AccountUsage: { FunctionCount: (await this.parts.functions.names()).length },
        });
    }
  }

  private async invoke(request: StandInRequest, invocation: Invocation): Promise<StandInReply> {
    const { target, arn, qualifier, invocationType, event } = invocation;
    if (invocationType === 'DryRun') return { status: 204, headers: answerHeaders(request) };
    await this.record(request, invocation);
    const context: HandlerContext = {
      functionName: target.name,
      invokedFunctionArn: arn,
      awsRequestId: request.id,
      clientContext: invocationType === 'RequestResponse' ? invocation.clientContext : undefined,
    };
    if (invocationType === 'Event') {
      void runFunction(target, event, context);
      return { status: 202, headers: answerHeaders(request) };
    }
    const { body, functionError } = await runFunction(target, event, context);
    const headers = {
      ...answerHeaders(request),
      'x-amz-executed-version': qualifier ?? '$LATEST',
      ...(functionError === undefined ? {} : { 'x-amz-function-error': functionError }),
    };
    return { status: 200, headers, body };
  }

  private async record(request: StandInRequest, invocation: Invocation): Promise<void> {
    const { services } = this.parts;
    const { target, qualifier, invocationType, payload, clientContext } = invocation;
    const effect = {
      functionName: target.name,
      invocationType,
      payload,
      requestId: request.id,
      ...(qualifier === undefined ? {} : { qualifier }),
      ...(clientContext === undefined ? {} : { clientContext: clientContext as JsonValue }),
    };
    await services.effects.record(this.id, 'Invoke', effect, services.clock.offsetMs(this.id));
  }

  private async list(request: StandInRequest, place: Place): Promise<unknown> {
    const { functions } = this.parts;
    const most = Number(request.query.get('MaxItems') ?? '50');
    if (!Number.isInteger(most) || most < 1 || most > 10_000)
      throw lambdaError('InvalidParameterValueException', 'MaxItems must be between 1 and 10000');
    const after = request.query.get('Marker') ?? '';
    const names = (await functions.names()).filter((name) => name > after);
    const page = await Promise.all(names.slice(0, most).map((name) => functionAt(name, null, place, functions)));
    const more = names.length > most ? { NextMarker: names[most - 1] } : {};
    return { Functions: page.map(({ target, arn }) => configuration(target, arn, undefined)), ...more };
  }

  private get parts(): NonNullable<typeof this.running> {
    if (!this.running) throw new TypeError('The stand-in has not been started.');
    return this.running;
  }
}

function configuration({ name, timeoutMs }: RegisteredFunction, arn: string, qualifier: string | undefined): unknown {
  return {
    FunctionName: name,
    FunctionArn: arn,
    Runtime: 'nodejs20.x',
    Handler: 'index.handler',
    Timeout: Math.ceil(timeoutMs / 1_000),
    MemorySize: 128,
    LastModified: '2026-01-01T00:00:00.000+0000',
    Version: qualifier ?? '$LATEST',
    State: 'Active',
    LastUpdateStatus: 'Successful',
    Environment: { Variables: { SANDBOX_SECRET: 'not-for-the-outside' } },
  };
}
