import { ON_UNKNOWN } from '@puente/kernel';
import { functionNameProblem } from '@puente/providers/lambda';
import { z } from 'zod';

/** `PUT /v1/functions/{function}`. */
export const FunctionBody = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(170)
      .meta({ description: "The function's name at AWS; `-{ENV}` is added to it.", examples: ['finalitix-contact'] }),
    nameIncludesEnv: z.boolean().default(false).meta({ description: 'true: the name is used as it is.' }),
    integration: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, 'expected 1 to 50 lower-case letters, digits, - or _')
      .default('default')
      .meta({ description: "Which of the tenant's lambda accounts invokes it." }),
    onUnknown: z
      .enum(ON_UNKNOWN)
      .optional()
      .meta({
        description:
          "What happens when Lambda's answer was lost: `resend`, `review` (a person decides) or `drop`. Left out: what suits the function.",
        examples: ['review'],
      }),
  })
  .superRefine(({ name: functionName, nameIncludesEnv }, context) => {
    const message = functionNameProblem({ functionName, nameIncludesEnv });
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['name'], message });
  });
export type FunctionBody = z.output<typeof FunctionBody>;
