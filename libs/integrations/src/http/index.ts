export { endpointOr, EndpointNotAllowedError } from './allowed-endpoint';
export { classifyHttpError, type HttpErrorMeaning } from './classify-http-error';
export type { ProviderFault } from './http-answer';
export { HttpConnection, type HttpRequest } from './http-connection';
export { HttpAnswerError, HttpUnansweredError } from './http.errors';
