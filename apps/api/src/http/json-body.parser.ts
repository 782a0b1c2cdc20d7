import type { FastifyInstance } from 'fastify';
import { type TextRequest, wantsBodyText } from './body-text.decorator';
import { BadRequestError } from './http-errors';

export const BODY_LIMIT_BYTES = 1024 * 1024;
export const DEPTH_LIMIT = 32;

/**
 * Reads JSON bodies: at most 1 MiB and 32 levels deep, `__proto__` and `constructor.prototype` refused. Depth is counted
 * on the text, before parsing, since 200,000 nested arrays parse in 51 ms and then overflow the stack of whoever walks them.
 */
export function acceptJsonBodies(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeContentTypeParser(['application/json', 'text/plain']); // Fastify's own two; anything else is 415
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit: BODY_LIMIT_BYTES },
    (request, body, done) => {
      const text = body as string;
      if (text === '') {
        done(null, undefined);
        return;
      }
      if (deeperThan(DEPTH_LIMIT, text)) {
        done(new BadRequestError('BODY_TOO_DEEP', `The body is nested deeper than ${String(DEPTH_LIMIT)} levels.`));
        return;
      }
      if (wantsBodyText(request)) (request as TextRequest).bodyText = text;
      void parse(request, text, (error, value) => {
        if (error)
          done(
            new BadRequestError('BODY_NOT_JSON', 'The body is not JSON, or uses a forbidden key such as __proto__.'),
          );
        else done(null, value);
      });
    },
  );
}

/** Whether brackets outside of strings nest deeper than `limit`. One pass, no allocation. */
export function deeperThan(limit: number, json: string): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const character = json.charCodeAt(i);
    if (inString) {
      if (character === BACKSLASH) i++;
      else if (character === QUOTE) inString = false;
    } else if (character === QUOTE) inString = true;
    else if (character === OPEN_BRACE || character === OPEN_BRACKET) {
      if (++depth > limit) return true;
    } else if (character === CLOSE_BRACE || character === CLOSE_BRACKET) depth--;
  }
  return false;
}

const [QUOTE, BACKSLASH, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [
  0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d,
] as const;
