import { classifyHttpError, type HttpAnswer, presentableText, retryAfterMs } from '@puente/integrations';
import { AppError, type Evidence, type Failure, notSent, unknown } from '@puente/kernel';
import { InexactNumberError, NotJsonError } from './exact-json';

/** Odoo answered with an exception of its own. Its traceback is not kept: it has paths and values in it. */
export class OdooFaultError extends AppError {
  readonly code = 'ODOO_FAULT';

  constructor(
    /** `odoo.exceptions.UserError`: what decides. The text is translated and only for people. */
    readonly exception: string,
    readonly words: string,
    readonly status?: number,
  ) {
    super(`Odoo refused: ${exception}.`);
  }

  /** The class without its module: `UserError`. */
  get class(): string {
    return this.exception.slice(this.exception.lastIndexOf('.') + 1);
  }
}

/** An answer in which Odoo does not speak: of a proxy, of a server without a database. */
export class OdooAnswerError extends AppError {
  readonly code = 'ODOO_ANSWER';

  constructor(readonly answer: Pick<HttpAnswer, 'status' | 'headers'>) {
    super(`Status ${String(answer.status)} without words of Odoo.`);
  }
}

/** An answer of 200 in which nothing can be read. */
export class OdooUnreadableError extends AppError {
  constructor(
    readonly code: 'NOT_ODOO' | 'INEXACT_NUMBER',
    message: string,
  ) {
    super(message);
  }
}

/** The key is not that of this login in this database. */
export class OdooUnauthorizedError extends AppError {
  readonly code = 'AUTHENTICATION_FAILED';

  constructor() {
    super('Odoo does not know this login with this key.');
  }
}

/** What we, or Odoo in an answer of 200, will not do; and nothing of it was done. */
export class OdooRefusedError extends AppError {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Somebody else was at the same record: rolled back, to be tried again. */
export class OdooConflictError extends AppError {
  readonly code = 'LOAD_CONFLICT';
}

/** What was asked before the call itself got no answer: so the call was not sent. */
export class OdooNotReadyError extends AppError {
  readonly code = 'ODOO_NOT_READY';

  constructor(readonly failure: Failure) {
    super('Odoo did not answer what had to be known before the call.');
  }
}

type Meaning = 'unauthorized' | 'rolled_back' | 'unknown';

/** Every exception that is not here was raised by Odoo's own code, which rolls back: a refusal. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  AccessDenied: 'unauthorized',
  SessionExpiredException: 'unauthorized',
  Unauthorized: 'unauthorized',
  SerializationFailure: 'rolled_back',
  LockNotAvailable: 'rolled_back',
  DeadlockDetected: 'rolled_back',
  PoolError: 'rolled_back',
  LockError: 'rolled_back',
  // The connection to PostgreSQL broke, perhaps while it committed.
  OperationalError: 'unknown',
  InterfaceError: 'unknown',
};

/**
 * What became of a call (DESIGN §3), by the table of the document. Total: what is not proven is `unknown`. Nothing is
 * decided by a text but where there is nothing else, in {@link byText}.
 */
export function classifyOdooError(error: unknown): Failure {
  if (error instanceof OdooFaultError) return faultOf(error);
  if (error instanceof OdooAnswerError) return answerOf(error);
  if (error instanceof OdooNotReadyError) return error.failure;
  const { code, message } = error as { readonly code: string; readonly message: string };
  if (error instanceof OdooUnreadableError) return unknown('bad_body', { code, message });
  if (error instanceof OdooUnauthorizedError) return { kind: 'unauthorized', code, message };
  if (error instanceof OdooConflictError) return notSent('refused', { code, message });
  if (error instanceof OdooRefusedError) return { kind: 'rejected', code, message: presentableText(message) };
  if (error instanceof InexactNumberError || error instanceof NotJsonError) return { kind: 'rejected', code, message };
  return classifyHttpError(error);
}

function faultOf(fault: OdooFaultError): Failure {
  const evidence: Evidence = { code: fault.class, status: fault.status, message: presentableText(fault.words) };
  switch (byText(fault) ?? MEANINGS[fault.class]) {
    case 'unauthorized':
      return { kind: 'unauthorized', ...evidence };
    case 'rolled_back':
      return notSent('refused', evidence);
    case 'unknown':
      return unknown('server_error', evidence);
    default:
      return { kind: 'rejected', ...evidence };
  }
}

/** One class of psycopg for all that happens to a connection, and Python's plainest for Odoo's own time limit. */
function byText({ class: name, words }: OdooFaultError): Meaning | undefined {
  if (name === 'OperationalError') {
    if (/database "[^"]*" does not exist/.test(words)) return 'unauthorized';
    if (words.includes('Connection refused')) return 'rolled_back';
  }
  return name === 'Exception' && words.startsWith('CPU time limit exceeded') ? 'rolled_back' : undefined;
}

function answerOf({ answer: { status, headers } }: OdooAnswerError): Failure {
  const evidence: Evidence = { code: String(status), status };
  const waitMs = status === 429 || status === 503 ? retryAfterMs(headers) : undefined;
  if (status === 429 || waitMs !== undefined) return { kind: 'throttled', retryAfterMs: waitMs, ...evidence };
  if (status === 503) return notSent('refused', evidence);
  if (status === 404) return { kind: 'unauthorized', ...evidence, code: 'DATABASE_UNAVAILABLE' };
  // Not followed: where it leads is somebody else, and our key does not go there.
  if (status >= 300 && status < 400) return { kind: 'unauthorized', ...evidence, code: 'REDIRECTED' };
  if (status === 401 || status === 403 || status === 415) return { kind: 'unauthorized', ...evidence };
  if (status === 408) return unknown('timeout', evidence);
  return status >= 500 ? unknown('server_error', evidence) : { kind: 'rejected', ...evidence };
}
