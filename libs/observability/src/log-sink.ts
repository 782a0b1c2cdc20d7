import { type DestinationStream, type Logger, type LoggerOptions, pino, stdTimeFunctions } from 'pino';
import { LineWriter } from './line-writer';
import { withoutSecrets } from './never-printed';
import { serializeError } from './serialize-error';
import type { Redactor } from './redactor';
import { currentTrace } from './trace';

/**
 * Where typed log classes write: fields for an alarm, a sentence for a person. One JSON line each. Services with a line
 * or two of their own use Nest's Logger, which ends here as well.
 */
export abstract class LogSink {
  abstract debug(fields: object, sentence: string): void;
  abstract info(fields: object, sentence: string): void;
  abstract warn(fields: object, sentence: string): void;
  abstract error(fields: object, sentence: string): void;
  /** Whether a line would be written at all. Ask before putting one together for each call. */
  abstract isLevelEnabled(level: 'debug'): boolean;
}

export interface LogSinkOptions {
  readonly service: string;
  readonly level: string;
  readonly redactor: Redactor;
  /** Standard output unless given, by way of {@link LineWriter}. */
  readonly destination?: DestinationStream | undefined;
}

export function pinoOptions(options: Omit<LogSinkOptions, 'destination'>): LoggerOptions {
  return {
    level: options.level,
    base: { process: options.service }, // `service` is the external one in S4.6's line
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), bindings: hidden, log: hidden },
    mixin: traceFields,
    serializers: { err: serializeError, error: errorField, req: requestFields, res: responseFields },
    hooks: { streamWrite: (line) => options.redactor.maskLine(line) },
  };
}

/** @returns the process's one pino logger, which is a {@link LogSink} */
export function createLogSink({ destination, ...options }: LogSinkOptions): Logger {
  return pino(pinoOptions(options), destination ?? new LineWriter(pino.destination({ fd: 1, sync: true })));
}

/** One argument, whatever else pino gives. */
const hidden = <T extends object>(fields: T): T => withoutSecrets(fields);

function traceFields(): object {
  const trace = currentTrace();
  if (!trace) return {};
  const { requestId, traceId, tenantId } = trace;
  return { requestId, traceId, ...(tenantId === undefined ? {} : { tenantId }) };
}

/** `error` is a word in most lines ("External service error") and an exception in some. */
function errorField(value: unknown): unknown {
  return typeof value === 'string' ? value : serializeError(value);
}

/** Allow-lists: a raw request or response that somebody logs shows this and nothing else. */
function requestFields(request: unknown): object {
  const { method, id } = (request ?? {}) as { method?: unknown; id?: unknown };
  return { ...textField('method', method), ...textField('id', id) };
}

function responseFields(response: unknown): object {
  const { statusCode } = (response ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? { status: statusCode } : {};
}

function textField(name: string, value: unknown): object {
  return typeof value === 'string' ? { [name]: value } : {};
}
