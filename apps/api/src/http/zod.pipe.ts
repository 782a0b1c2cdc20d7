import { createZodValidationPipe } from 'nestjs-zod';
import { z } from 'zod';
import { InvalidRequestError } from './http-errors';
import type { FieldProblem } from './problem';

/** Checks every body, query and parameter whose class is a zod DTO. 422 with paths, never with the values. */
export const RequestSchemaPipe = createZodValidationPipe({
  createValidationException: (error: unknown) => {
    if (error instanceof z.ZodError) return new InvalidRequestError(fieldProblems(error));
    throw error;
  },
});

/** More than a person reads. A body of 70,000 fields nobody knows would get a megabyte back. */
const [MOST_PROBLEMS, MOST_NAMES] = [50, 20] as const;

/** zod's issues as paths and expectations; a message of zod's that could quote the value is replaced. */
export function fieldProblems(error: z.ZodError): FieldProblem[] {
  return error.issues
    .slice(0, MOST_PROBLEMS)
    .map((issue) => ({ path: issue.path.map(String).join('.'), message: message(issue) }));
}

function message(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys')
    return `unknown field(s): ${issue.keys
      .slice(0, MOST_NAMES)
      .map((key) => JSON.stringify(key.slice(0, 64)))
      .join(', ')}`;
  return issue.message;
}
