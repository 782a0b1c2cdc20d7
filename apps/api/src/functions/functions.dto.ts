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

const detail = z.object({
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
});

export class FunctionDetail extends createZodDto(detail) {}

export class FunctionList extends createZodDto(z.object({ items: z.array(detail) })) {}

/** What a function answered; `output.payload` is its own. */
export class InvocationResult extends createZodDto(
  z.object({
    operationId: z.uuid(),
    output: z.object({
      statusCode: z.int(),
      functionName: z.string(),
      requestId: z.string(),
      executedVersion: z.string().optional(),
      payload: z.unknown().optional(),
    }),
  }),
) {}
