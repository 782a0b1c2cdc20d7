import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { isDatabaseAway, isTenantDeleted, isTransactionUndone } from '@puente/database';
import { AppError } from '@puente/kernel';
import { requestTrace, runInTrace } from '@puente/observability';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { NotFoundAudit } from '../auth/not-found-audit';
import { ERROR_STATUS } from './error-status';
import { CallDeferredError, TooManyFailuresError } from './http-errors';
import { requestIdOf } from './request-id';
import { type FieldProblem, type Problem, PROBLEM_CONTENT_TYPE, problemOf } from './problem';

type Described = Omit<Problem, 'type' | 'title' | 'requestId'>;

const HTTP_CODES: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'BODY_TOO_LARGE',
  415: 'MEDIA_TYPE_UNSUPPORTED',
};

/**
 * Every error leaves the API through here, as a problem document. What we did not expect is logged whole and answered
 * with nothing but the request id, so that an internal message never reaches a client.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly log = new Logger(ProblemFilter.name);

  constructor(private readonly notFound: NotFoundAudit) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const trace = requestTrace(host.switchToHttp().getRequest<FastifyRequest>().raw);
    const answer = async (): Promise<void> => this.answer(await this.recorded(error, host), host);
    await (trace ? runInTrace(trace, answer) : answer());
  }

  /** The error to answer with: the one that happened, or why it could not be written down. */
  private async recorded(error: unknown, host: ArgumentsHost): Promise<unknown> {
    if (!NotFoundAudit.isAbout(error)) return error;
    try {
      await this.notFound.record(error, host);
      return error;
    } catch (failed) {
      return failed;
    }
  }

  private answer(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const described = this.describe(error);
    const problem = problemOf({ ...described, requestId: requestIdOf(reply) });
    if (described.status === 401) void reply.header('www-authenticate', 'Bearer');
    if (described.status === 429) void reply.header('retry-after', '1');
    if (described.status === 503) void reply.header('retry-after', '5');
    if (error instanceof TooManyFailuresError || error instanceof CallDeferredError)
      void reply.header('retry-after', String(Math.ceil(error.retryAfterMs / 1_000)));
    void reply.status(described.status).header('content-type', PROBLEM_CONTENT_TYPE).send(problem);
  }

  private describe(error: unknown): Described {
    if (error instanceof AppError) return this.ofAppError(error);
    if (error instanceof HttpException) return ofHttpException(error);
    if (isDatabaseAway(error)) {
      return {
        code: 'DATABASE_UNAVAILABLE',
        status: 503,
        detail: 'PostgreSQL does not answer. Repeat the request, with the same Idempotency-Key, in a moment.',
      };
    }
    if (isTransactionUndone(error)) {
      this.log.warn(`A transaction was undone for the sake of another one: ${String(error)}`);
      return {
        code: 'REQUEST_UNDONE',
        status: 503,
        detail:
          'Another request changed the same at the same moment, and this one was undone. Repeat it, with the same Idempotency-Key.',
      };
    }
    if (isTenantDeleted(error)) {
      return { code: 'TENANT_DELETED', status: 403, detail: 'The tenant was deleted. Nothing was changed.' };
    }
    return this.unexpected(error);
  }

  private ofAppError(error: AppError): Described {
    const status = ERROR_STATUS[error.code];
    if (status === undefined) return this.unexpected(error);
    const { errors, operationId } = error as { errors?: readonly FieldProblem[]; operationId?: string };
    return {
      code: error.code,
      status,
      detail: error.message,
      ...(errors === undefined ? {} : { errors }),
      ...(operationId === undefined ? {} : { operationId }),
    };
  }

  private unexpected(error: unknown): Described {
    this.log.error(error instanceof Error ? (error.stack ?? error.message) : 'A value that is not an error was thrown');
    return {
      code: 'INTERNAL_ERROR',
      status: 500,
      detail: 'Something went wrong on our side. The request id finds it in the log.',
    };
  }
}

function ofHttpException(error: HttpException): Described {
  const status = error.getStatus();
  const failed = failedChecks(error.getResponse());
  if (failed) return { code: 'NOT_READY', status, detail: 'This process cannot serve requests now.', errors: failed };
  const code = HTTP_CODES[status] ?? (status >= 500 ? 'INTERNAL_ERROR' : 'BAD_REQUEST');
  const detail = code === 'BODY_TOO_LARGE' ? 'The body is larger than 1 MiB.' : error.message;
  return { code, status: ERROR_STATUS[code] ?? status, detail };
}

/** The failed checks in what Nest's terminus answers with; undefined for every other exception. */
function failedChecks(response: string | object): FieldProblem[] | undefined {
  const { error: checks } = response as { error?: unknown };
  if (typeof checks !== 'object' || checks === null) return undefined;
  return Object.entries(checks as Record<string, { message?: string }>).map(([path, { message = 'down' }]) => ({
    path,
    message,
  }));
}
