import type { StandInRequest } from '../stand-in/stand-in.port';

export const DEFAULT_REGION = 'us-east-1';
/** Whose account a caller with a plain access key belongs to. */
export const DEFAULT_ACCOUNT = '000000000000';

/** What every AWS request says in the same place, whichever protocol and service. */
export interface AwsRequest {
  readonly protocol: 'json' | 'query';
  /** From the credential scope; `undefined` when the request is not signed. */
  readonly service: string | undefined;
  readonly region: string;
  readonly accessKeyId: string | undefined;
  /** JSON: `AmazonSQS`; Query: the API version, `2012-11-05`. */
  readonly dialect: string | undefined;
  readonly operation: string | undefined;
  /** The parameters of the Query protocol, from the body of a POST or the query of a GET. */
  readonly form: URLSearchParams;
}

const CREDENTIAL = /Credential=([^/,\s]+)\/[^/,\s]+\/([^/,\s]+)\/([^/,\s]+)\/aws4_request/;
const SIGNED_QUERY = /^([^/]+)\/[^/]+\/([^/]+)\/([^/]+)\/aws4_request$/;

const parsed = new WeakMap<StandInRequest, AwsRequest>();

/** Reads the signature's scope, the protocol and the operation's name. Signatures are not verified: any key will do. */
export function awsRequest(request: StandInRequest): AwsRequest {
  const known = parsed.get(request);
  if (known) return known;
  const result = parse(request);
  parsed.set(request, result);
  return result;
}

function parse(request: StandInRequest): AwsRequest {
  const scope = credentialScope(request);
  const target = header(request, 'x-amz-target');
  if (target !== undefined) {
    const dot = target.lastIndexOf('.');
    return {
      protocol: 'json',
      ...scope,
      dialect: target.slice(0, dot),
      operation: target.slice(dot + 1),
      form: new URLSearchParams(),
    };
  }
  const form = formOf(request);
  return {
    protocol: 'query',
    ...scope,
    dialect: form.get('Version') ?? undefined,
    operation: form.get('Action') ?? undefined,
    form,
  };
}

function formOf(request: StandInRequest): URLSearchParams {
  if (request.method !== 'POST' || request.body.length === 0) return request.query;
  const type = header(request, 'content-type') ?? '';
  return type.includes('x-www-form-urlencoded') ? new URLSearchParams(request.body.toString('utf8')) : request.query;
}

function credentialScope(request: StandInRequest): Pick<AwsRequest, 'accessKeyId' | 'region' | 'service'> {
  const found =
    CREDENTIAL.exec(header(request, 'authorization') ?? '') ??
    SIGNED_QUERY.exec(request.query.get('X-Amz-Credential') ?? '');
  return { accessKeyId: found?.[1], region: found?.[2] ?? DEFAULT_REGION, service: found?.[3] };
}

function header(request: StandInRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
