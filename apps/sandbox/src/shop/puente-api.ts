import { readFile } from 'node:fs/promises';
import { AppError } from '@puente/kernel';
import { z } from 'zod';

/** What the shop needs of `sandbox.json`. */
const Facts = z.object({
  apiUrl: z.string(),
  sandboxUrl: z.string(),
  keys: z.object({ client: z.string(), admin: z.string() }),
});
export type ShopFacts = z.output<typeof Facts>;

/** The sandbox is still starting: its file is written when everything runs. */
export class SandboxNotReadyError extends AppError {
  readonly code = 'SANDBOX_NOT_READY';

  constructor(cause: unknown) {
    super('The sandbox is still starting; try again in a moment.', { cause });
  }
}

/** An answer of the API that the shop did not ask for. */
export class ApiRefusedError extends AppError {
  readonly code = 'API_REFUSED';

  constructor(
    readonly status: number,
    readonly problem: string,
    call: string,
  ) {
    super(`${call} answered ${String(status)} ${problem}`);
  }
}

export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly path: string;
  readonly body?: object;
  readonly key?: 'client' | 'admin';
  readonly idempotencyKey?: string;
}

/** Puente as the shop's server calls it: over HTTP with the demo tenant's keys, like any client system. */
export class PuenteApi {
  /** @param sandboxFile `.puente/sandbox.json`, read again for each call: keys and ports may change */
  constructor(private readonly sandboxFile: string) {}

  async facts(): Promise<ShopFacts> {
    try {
      return Facts.parse(JSON.parse(await readFile(this.sandboxFile, 'utf8')));
    } catch (error) {
      throw new SandboxNotReadyError(error);
    }
  }

  /** @throws {ApiRefusedError} unless the answer is a success */
  async call<T>(call: ApiCall, shape: z.ZodType<T>): Promise<T> {
    const { method, path, body, key = 'client', idempotencyKey } = call;
    const { apiUrl, keys } = await this.facts();
    const response = await fetch(apiUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${keys[key]}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(30_000),
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (!response.ok) throw new ApiRefusedError(response.status, problemOf(answer), `${method} ${path}`);
    return shape.parse(answer);
  }

  /** @returns undefined for a 404 */
  async find<T>(call: ApiCall, shape: z.ZodType<T>): Promise<T | undefined> {
    try {
      return await this.call(call, shape);
    } catch (error) {
      if (error instanceof ApiRefusedError && error.status === 404) return undefined;
      throw error;
    }
  }
}

function problemOf(answer: unknown): string {
  const problem = z.object({ code: z.string(), detail: z.string().optional() }).safeParse(answer);
  return problem.success ? `${problem.data.code} ${problem.data.detail ?? ''}`.trim() : '';
}
