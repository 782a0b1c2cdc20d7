import type { Failure, StandInReply, StandInRequest } from '../stand-in/stand-in.port';
import type { AwsAccess } from './aws-access';
import { AwsError, commonAwsError, usualCode } from './aws-error';
import type { AwsRequest } from './aws-request';
import { awsRequest } from './aws-request';
import type { AwsResult, AwsService } from './aws-service';
import { decodeForm, encodeXml, escapeXml } from './query-shapes';

/**
 * What all AWS stand-ins do alike: recognise a request, check the access key, read the input from either protocol,
 * run the operation and write the answer, or the refusal, in the protocol of the request.
 *
 * JSON: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
 * Query: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export class AwsFrontend {
  constructor(
    private readonly service: AwsService,
    private readonly access: AwsAccess,
  ) {}

  /** By the signature's scope; an unsigned request by target or API version. */
  claims(request: StandInRequest): boolean {
    const aws = awsRequest(request);
    if (aws.operation === undefined) return false;
    if (aws.service !== undefined) return aws.service === this.service.id;
    return aws.dialect === (aws.protocol === 'json' ? this.service.jsonTarget : this.service.apiVersion);
  }

  operation(request: StandInRequest): string {
    return awsRequest(request).operation ?? '';
  }

  async handle(request: StandInRequest): Promise<StandInReply> {
    const aws = awsRequest(request);
    try {
      return this.success(aws, request, await this.run(aws, request));
    } catch (error) {
      if (error instanceof AwsError) return this.refusal(aws, request, error);
      throw error;
    }
  }

  failure(request: StandInRequest, failure: Failure): StandInReply {
    const code = failure.code ?? this.service.codeOfStatus?.[failure.status] ?? usualCode(failure.status);
    const shape = { ...this.service.errorShape(code, failure.status), status: failure.status };
    return this.refusal(
      awsRequest(request),
      request,
      new AwsError(shape, failure.message ?? `${code} (by order of the sandbox)`),
    );
  }

  private async run(aws: AwsRequest, request: StandInRequest): Promise<AwsResult> {
    const name = aws.operation ?? '';
    const principal = this.access.authenticate(aws);
    const operation = Object.hasOwn(this.service.operations, name) ? this.service.operations[name] : undefined;
    if (!operation) throw commonAwsError('InvalidAction', `The action ${name} is not valid for this endpoint.`);
    const input =
      aws.protocol === 'json'
        ? parseJson(request.body)
        : { ...this.service.queryInputOf?.(request), ...decodeForm(aws.form, operation.queryInput) };
    return operation.run({ operation: name, region: aws.region, principal, request }, input);
  }

  private success(aws: AwsRequest, request: StandInRequest, result: AwsResult): StandInReply {
    const carried = result.undelivered ? { undelivered: result.undelivered } : {};
    if (aws.protocol === 'json') {
      return { status: 200, headers: jsonHeaders(request), body: JSON.stringify(result.output), ...carried };
    }
    const name = aws.operation ?? '';
    const fields = this.service.operations[name]?.queryOutput ?? {};
    const content =
      Object.keys(fields).length === 0 ? '' : `<${name}Result>${encodeXml(result.output, fields)}</${name}Result>`;
    const metadata = `<ResponseMetadata><RequestId>${request.id}</RequestId></ResponseMetadata>`;
    const body = `<?xml version="1.0"?><${name}Response xmlns="${this.service.xmlNamespace}">${content}${metadata}</${name}Response>`;
    return { status: 200, headers: xmlHeaders(request), body, ...carried };
  }

  private refusal(aws: AwsRequest, request: StandInRequest, { shape, message }: AwsError): StandInReply {
    if (aws.protocol === 'json') {
      const headers = { ...jsonHeaders(request), 'x-amzn-query-error': `${shape.queryCode};${shape.fault}` };
      return { status: shape.status, headers, body: JSON.stringify({ __type: shape.type, message }) };
    }
    const error = `<Error><Type>${shape.fault}</Type><Code>${escapeXml(shape.queryCode)}</Code><Message>${escapeXml(message)}</Message><Detail/></Error>`;
    const body = `<?xml version="1.0"?><ErrorResponse xmlns="${this.service.xmlNamespace}">${error}<RequestId>${request.id}</RequestId></ErrorResponse>`;
    return { status: shape.status, headers: xmlHeaders(request), body };
  }
}

function jsonHeaders(request: StandInRequest): Record<string, string> {
  return { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': request.id };
}

function xmlHeaders(request: StandInRequest): Record<string, string> {
  return { 'content-type': 'text/xml', 'x-amzn-requestid': request.id };
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw commonAwsError('SerializationException');
  }
}
