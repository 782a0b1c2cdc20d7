import type { Evidence } from '@puente/kernel';
import { presentableText } from '../presentable-text';

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
    message: code === undefined ? undefined : presentableText(message),
  };
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
