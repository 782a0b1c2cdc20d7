import type { ControlRoute, SandboxServices } from '@puente/integrations/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** What a handler is told beside the event. */
export interface HandlerContext {
  readonly functionName: string;
  readonly invokedFunctionArn: string;
  readonly awsRequestId: string;
  /** Undefined for events: Lambda does not pass it on to them. */
  readonly clientContext: unknown;
}

/** The code of a function. What it returns is the answer; what it throws, its error: `name` and `message`. */
export type FunctionHandler = (event: unknown, context: HandlerContext) => unknown;

/** A function as the control plane registers it: code cannot travel as JSON, so it is said what the code does. */
const Behaviour = z.strictObject({
  /** What it answers; the event itself when neither this nor an error is given. */
  answer: z.unknown().optional(),
  error: z.strictObject({ type: z.string().min(1).default('Error'), message: z.string() }).optional(),
  delayMs: z.int().min(0).max(900_000).optional(),
  timeoutMs: z.int().min(1).max(900_000).optional(),
  qualifiers: z.array(z.string().regex(/^[\w-]{1,128}$/)).optional(),
});
type Behaviour = z.output<typeof Behaviour>;

const Name = z.string().regex(/^[\w-]{1,64}$/, 'expected 1 to 64 letters, digits, hyphens and underscores');

/** A new function's own: https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html */
const USUAL_TIMEOUT_MS = 3_000;

export interface RegisteredFunction {
  readonly name: string;
  readonly timeoutMs: number;
  /** Versions and aliases beside `$LATEST`. */
  readonly qualifiers: readonly string[];
  readonly handler: FunctionHandler;
}

export const FUNCTIONS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS lambda_functions (
    name      text PRIMARY KEY,
    behaviour json NOT NULL
  );
`;

/** Behaves as an error of the given type does. */
class DeclaredError extends Error {
  constructor(type: string, message: string) {
    super(message);
    this.name = type;
  }
}

/**
 * The functions there are: those whose code the sandbox brings along, and those the control plane registered, which are
 * rows. A name means the same function in every account and region of the sandbox.
 */
export class LambdaFunctions {
  constructor(
    private readonly services: SandboxServices,
    private readonly code: Readonly<Record<string, FunctionHandler>>,
  ) {}

  /** A registered function hides one of the same name whose code came along. */
  async find(name: string): Promise<RegisteredFunction | undefined> {
    const rows = await this.services.database.query<{ behaviour: unknown }>(
      'SELECT behaviour FROM lambda_functions WHERE name = $1',
      [name],
      { name: 'lambda-function' },
    );
    if (rows[0]) return declared(name, Behaviour.parse(rows[0].behaviour));
    const handler = Object.hasOwn(this.code, name) ? this.code[name] : undefined;
    return handler && { name, timeoutMs: USUAL_TIMEOUT_MS, qualifiers: [], handler };
  }

  async names(): Promise<string[]> {
    const rows = await this.services.database.query<{ name: string }>('SELECT name FROM lambda_functions');
    return [...new Set([...Object.keys(this.code), ...rows.map(({ name }) => name)])].sort();
  }

  routes(): ControlRoute[] {
    const path = 'functions/{name}';
    return [
      {
        method: 'GET',
        path: 'functions',
        summary: 'Names of the functions there are.',
        handle: async () => ({ status: 200, body: await this.names() }),
      },
      {
        method: 'PUT',
        path,
        summary: '{answer?, error?: {type, message}, delayMs?, timeoutMs?, qualifiers?}: a function that behaves so.',
        handle: async ({ name, body }) => {
          const behaviour = Behaviour.parse(body ?? {});
          await this.services.database.query(
            'INSERT INTO lambda_functions VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET behaviour = excluded.behaviour',
            [Name.parse(name), JSON.stringify(behaviour)],
          );
          return { status: 200, body: { name, ...behaviour } };
        },
      },
      {
        method: 'DELETE',
        path,
        summary: 'Forgets a registered function.',
        handle: async ({ name }) => {
          await this.services.database.query('DELETE FROM lambda_functions WHERE name = $1', [name]);
          return { status: 200, body: { name, deleted: true } };
        },
      },
    ];
  }
}

function declared(name: string, behaviour: Behaviour): RegisteredFunction {
  const { answer, error, delayMs = 0, timeoutMs = USUAL_TIMEOUT_MS, qualifiers = [] } = behaviour;
  return {
    name,
    timeoutMs,
    qualifiers,
    handler: async (event) => {
      await sleep(delayMs, undefined, { ref: false });
      if (error) throw new DeclaredError(error.type, error.message);
      return 'answer' in behaviour ? answer : event;
    },
  };
}
