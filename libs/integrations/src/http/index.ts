export { classifyHttpError, type HttpErrorMeaning } from './classify-http-error';
export { egressFailure } from './egress-failure';
export type { HttpAnswer, ProviderFault } from './http-answer';
export { HttpConnection, type HttpConnectionOptions, type HttpRequest, type RawHttpRequest } from './http-connection';
export { retryAfterMs } from './retry-after';
export { HttpAnswerError, HttpUnansweredError } from './http.errors';
export { unsentCause } from './unsent-cause';
