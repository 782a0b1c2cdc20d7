import type { Evidence } from '@puente/kernel';

/** The parts of an SDK error that are worth knowing. The SDK's own types promise less than its errors carry. */
export interface AwsErrorParts {
  readonly name: string;
  /** `errno` name of a network error: `ECONNRESET`. */
  readonly networkCode: string | undefined;
  readonly syscall: string | undefined;
  /** AWS's own code, present when the answer was an error in a shape the SDK could read. */
  readonly awsCode: string | undefined;
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly message: string;
}

const MAX_MESSAGE = 300;
/** Access key ids; anything long in the alphabet of secret keys, tokens and signatures. ARNs and URLs are shorter-spelled. */
const SECRET_SHAPES = /\b(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{8,}\b|[A-Za-z0-9+/=]{40,}/g;
// eslint-disable-next-line no-control-regex -- control characters are what it removes
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

export function partsOf(error: unknown): AwsErrorParts {
  const metadata = record(property(error, '$metadata'));
  const response = record(property(error, '$response'));
  const status = metadata.httpStatusCode ?? response.statusCode;
  return {
    name: text(property(error, 'name')) ?? '',
    networkCode: text(property(error, 'code')),
    syscall: text(property(error, 'syscall')),
    awsCode: awsCode(error),
    status: typeof status === 'number' && status > 0 ? status : undefined,
    headers: headersOf(response.headers),
    message: text(property(error, 'message')) ?? '',
  };
}

/** What is kept of a failure. The message is AWS's, cut short and without anything shaped like a credential. */
export function evidenceOf({ awsCode: code, networkCode, status, message }: AwsErrorParts): Evidence {
  return {
    code: code ?? networkCode,
    status,
    message: code === undefined ? undefined : presentableAwsText(message),
  };
}

/** A text of AWS's, or of what runs there, as it may be kept: printable, short, nothing shaped like a credential. */
export function presentableAwsText(message: string): string | undefined {
  const clean = message.replace(CONTROL, ' ').replace(SECRET_SHAPES, '[redacted]').trim();
  if (clean === '' || clean === 'Unknown' || clean === 'UnknownError') return undefined;
  return clean.length > MAX_MESSAGE ? `${clean.slice(0, MAX_MESSAGE - 1)}…` : clean;
}

/**
 * The short code of the Query protocol where there is one (`NotFound`), else the name in the JSON protocol
 * (`QueueDoesNotExist`; its query code `AWS.SimpleQueueService.NonExistentQueue` is the compatibility layer's).
 */
function awsCode(error: unknown): string | undefined {
  if (property(error, '$fault') === undefined) return undefined;
  const query = text(property(error, 'Code'));
  const name = text(property(error, 'name'));
  const code = query !== undefined && !query.includes('.') ? query : name;
  return code === 'Unknown' || code === 'Error' ? undefined : code;
}

function headersOf(value: unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, content] of Object.entries(record(value))) {
    if (typeof content === 'string') headers[name.toLowerCase()] = content;
  }
  return headers;
}

function property(value: unknown, name: string): unknown {
  return record(value)[name];
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
