import { FUNCTION_IDS, FunctionBody } from '@puente/flows/functions';
import { ON_UNKNOWN } from '@puente/kernel';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { filterText } from '../http/page';
import { waitMs } from '../integrations/provider-operations.dto';

export class FunctionParams extends createZodDto(
  z.strictObject({
    function: filterText(64)
      .min(1)
      .meta({ description: `One of ${FUNCTION_IDS.join(', ')}.`, examples: ['contact'] }),
  }),
) {}

export class InvocationQuery extends createZodDto(z.strictObject({ waitMs })) {}

export class PutFunction extends createZodDto(FunctionBody) {}

const detail = z
  .object({
    function: z.enum(FUNCTION_IDS),
    summary: z.string(),
    invocationType: z
      .enum(['Event', 'RequestResponse'])
      .meta({ description: '`Event`: nobody waits for it. `RequestResponse`: its answer is the result.' }),
    variable: z.string().meta({ description: "The installation's variable for the name." }),
    source: z
      .enum(['tenant', 'variable', 'none'])
      .meta({ description: "Where the name comes from; the tenant's own wins over the variable." }),
    name: z.string().nullable(),
    nameIncludesEnv: z.boolean(),
    effectiveName: z.string().nullable().meta({ description: 'The name as it is called at AWS.' }),
    integration: z.string().meta({ description: "Which of the tenant's lambda accounts invokes it." }),
    onUnknown: z.enum(ON_UNKNOWN),
  })
  .meta({
    examples: [
      {
        function: 'contact',
        summary: "Creates or updates the payer's contact.",
        invocationType: 'RequestResponse',
        variable: 'FUNCTION_FINALITIXCONTACT_NAME',
        source: 'tenant',
        name: 'finalitix-contact',
        nameIncludesEnv: false,
        effectiveName: 'finalitix-contact-prod',
        integration: 'default',
        onUnknown: 'review',
      },
    ],
  });

export class FunctionDetail extends createZodDto(detail) {}

export class FunctionList extends createZodDto(z.object({ items: z.array(detail) })) {}

/** What a function answered; `output.payload` is its own. */
export class InvocationResult extends createZodDto(
  z
    .object({
      operationId: z.uuid(),
      output: z.object({
        statusCode: z.int(),
        functionName: z.string(),
        requestId: z.string(),
        executedVersion: z.string().optional(),
        payload: z.unknown().optional(),
      }),
    })
    .meta({
      examples: [
        {
          operationId: '0190f6d2-7c1e-7a55-9a0e-3f6f5f0d7a11',
          output: {
            statusCode: 200,
            functionName: 'finalitix-contact-prod',
            requestId: '3b5c8f0e-2f0a-4a57-9d2c-6f3e1c9d7a10',
            executedVersion: '$LATEST',
            payload: { contact_id: '4711' },
          },
        },
      ],
    }),
) {}
