/** RFC 9457 problem document. `code` is stable and meant for programs; `detail` is for the person who reads the log. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly requestId: string;
  /** The ledger row behind the answer, where there is one. */
  readonly operationId?: string;
  /** What is wrong with which field. Never the value. */
  readonly errors?: readonly FieldProblem[];
}

export interface FieldProblem {
  /** Dotted path into the body, query or header. */
  readonly path: string;
  readonly message: string;
}

export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';

/** The document for a code: type and title follow from it. */
export function problemOf(described: Omit<Problem, 'type' | 'title'>): Problem {
  return { type: problemType(described.code), title: problemTitle(described.code), ...described };
}

/** `IDEMPOTENCY_KEY_REUSED` becomes `urn:puente:problem:idempotency-key-reused`. */
function problemType(code: string): string {
  return `urn:puente:problem:${code.toLowerCase().replaceAll('_', '-')}`;
}

/** `IDEMPOTENCY_KEY_REUSED` becomes `Idempotency key reused`. */
function problemTitle(code: string): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
