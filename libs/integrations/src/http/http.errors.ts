import { AppError, type Failure } from '@puente/kernel';
import type { HttpAnswer, ProviderFault } from './http-answer';

/** The provider answered, and not with success. What its code means is for {@link classifyHttpError} and the provider's own table. */
export class HttpAnswerError extends AppError {
  readonly code = 'HTTP_ANSWER';
  readonly status: number;
  readonly headers: HttpAnswer['headers'];

  constructor(
    { status, headers }: HttpAnswer,
    readonly fault: ProviderFault,
  ) {
    super(`The provider answered with status ${String(status)}${fault.code === undefined ? '' : ` (${fault.code})`}.`);
    this.status = status;
    this.headers = headers;
  }
}

/** There is no answer to speak of: never sent, lost, or unreadable. The connection saw which, so it says what that means. */
export class HttpUnansweredError extends AppError {
  readonly code = 'HTTP_UNANSWERED';

  constructor(readonly failure: Failure) {
    super(`There was no usable answer: ${failure.kind}.`);
  }
}
