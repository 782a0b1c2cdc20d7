import type { OpenAPIObject } from '@nestjs/swagger';
import type { AppError } from '@puente/kernel';
import { ERROR_STATUS } from '../http/error-status';
import { BadRequestError, ForbiddenError, InvalidRequestError, ProviderCallError } from '../http/http-errors';
import { type Problem, problemOf } from '../http/problem';
import { type Operation, operationsOf, type Responses } from './openapi-types';

/** Words for the answers of one status; `other` is everything that is not listed at a route. */
const STATUS_TEXTS = {
  401: 'No key, or one that is wrong, expired or revoked.',
  403: 'The key does not have the scope, or its tenant is suspended.',
  404: 'There is no such thing, or it is another tenant’s.',
  409: 'The state of things does not allow it.',
  422: 'The request is well-formed and cannot be carried out: a field is wrong, or the provider refused.',
  424: 'The provider refused the tenant’s credentials.',
  502: 'The provider failed; a read was not made.',
  503: 'This process cannot serve requests now. Repeat the request, with the same Idempotency-Key, in a moment.',
} as const;

type Status = keyof typeof STATUS_TEXTS;

const PROVIDER_CALL = /^\/v1\/integrations\/[^/{]+\/operations\//;

/**
 * Every route answers errors in the same shape (RFC 9457). Here each route is given those that follow from what it
 * is: whether it needs a key, names a thing, takes input, calls a provider; `default` is for all others.
 */
export function describeProblems(document: OpenAPIObject): void {
  const used = new Set<Status>();
  for (const { path, operation } of operationsOf(document.paths)) {
    const statuses = statusesOf(path, operation);
    for (const status of statuses) used.add(status);
    const listed = statuses.map((status): [string, Responses[string]] => [String(status), reference(status)]);
    operation.responses = { ...Object.fromEntries(listed), ...operation.responses, default: reference('default') };
  }
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Problem: PROBLEM },
    responses: {
      ...Object.fromEntries(
        [...used].sort((a, b) => a - b).map((status) => [name(status), response(STATUS_TEXTS[status], status)]),
      ),
      [name('default')]: response('Any other problem. `code` says which.'),
    },
    examples: Object.fromEntries(
      Object.keys(ERROR_STATUS).map((code) => [
        code,
        { summary: `${code}, status ${String(ERROR_STATUS[code])}`, value: example(code) },
      ]),
    ),
  };
}

function statusesOf(path: string, { security, parameters = [], requestBody }: Operation): Status[] {
  const provider = PROVIDER_CALL.test(path);
  const applies: Readonly<Record<Status, boolean>> = {
    401: security?.length !== 0,
    403: security?.length !== 0,
    404: path.includes('{'),
    409: provider,
    422: requestBody !== undefined || parameters.length > 0,
    424: provider,
    502: provider,
    503: path === '/health/ready',
  };
  return (Object.keys(applies).map(Number) as Status[]).filter((status) => applies[status]);
}

function name(status: Status | 'default'): string {
  return status === 'default' ? 'Problem' : `Problem${String(status)}`;
}

function reference(status: Status | 'default') {
  return { $ref: `#/components/responses/${name(status)}` };
}

function response(description: string, status?: Status) {
  const codes = Object.keys(ERROR_STATUS).filter((code) => status === undefined || ERROR_STATUS[code] === status);
  return {
    description,
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}

const REQUEST_ID = '7f1c5c1e9d2b4a3f8e6d5c4b3a291807';

/** What a client reads, word for word, of the codes that every client meets. */
const SAID: readonly Pick<Problem, 'code' | 'detail' | 'errors' | 'operationId'>[] = [
  said(new BadRequestError('BODY_NOT_JSON', 'The body is not JSON.')),
  said(new InvalidRequestError([{ path: 'topic', message: 'expected the ARN of an SNS topic' }])),
  said(new ForbiddenError(['admin', 'platform'])),
  said(
    new ProviderCallError(
      'PROVIDER_REJECTED',
      'sqs.sendMessage',
      { kind: 'rejected', code: 'QueueDoesNotExist' },
      '0190f6d2-7c1e-7a55-9a0e-3f6f5f0d7a11',
    ),
  ),
];

function said(error: AppError & { readonly errors?: Problem['errors']; readonly operationId?: string | undefined }) {
  const { code, message, errors, operationId } = error;
  return { code, detail: message, ...(errors && { errors }), ...(operationId === undefined ? {} : { operationId }) };
}

function example(code: string): Problem {
  const own = SAID.find((each) => each.code === code);
  const problem = problemOf({ status: ERROR_STATUS[code] ?? 500, code, detail: '', requestId: REQUEST_ID, ...own });
  return { ...problem, detail: own?.detail ?? `${problem.title}.` };
}

const PROBLEM = {
  type: 'object',
  description: 'RFC 9457 problem document. Programs read `code`; `detail` is for the person who reads the log.',
  required: ['type', 'title', 'status', 'code', 'detail', 'requestId'],
  properties: {
    type: { type: 'string', format: 'uri', description: 'The code as a URN.' },
    title: { type: 'string', description: 'The code in words.' },
    status: { type: 'integer', description: 'The HTTP status.' },
    code: { type: 'string', enum: Object.keys(ERROR_STATUS) },
    detail: { type: 'string', description: 'What happened, to which thing, and what can be done.' },
    requestId: { type: 'string', description: 'Finds the request in our log.' },
    operationId: {
      type: 'string',
      format: 'uuid',
      description: 'The ledger row behind the answer, where there is one.',
    },
    errors: {
      type: 'array',
      description: 'What is wrong with which field. Never the value.',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: {
          path: { type: 'string', description: 'Dotted path into the body, query or header.' },
          message: { type: 'string' },
        },
      },
    },
  },
};
