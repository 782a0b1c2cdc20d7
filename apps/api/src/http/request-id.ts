import type { ServerResponse } from 'node:http';

/** The id that the trace's middleware put on the answer before anything else ran. */
export function requestIdOf(response: ServerResponse): string {
  return String(response.getHeader('x-request-id') ?? '');
}
