import type { ServerResponse } from 'node:http';

/** The id that the trace's hook put on the answer before anything else ran. */
export function requestIdOf(response: ServerResponse): string {
  return String(response.getHeader('x-request-id') ?? '');
}
