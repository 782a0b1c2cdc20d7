import { PayloadTooLargeException, UnsupportedMediaTypeException } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type TextRequest, wantsBodyText } from './body-text.decorator';
import { isFormFor, readForm } from './form-body.decorator';
import { BadRequestError } from './http-errors';

export const BODY_LIMIT_BYTES = 1024 * 1024;
export const DEPTH_LIMIT = 32;

const METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const JSON_TYPE = /^application\/json\s*(?:;|$)/i;

/**
 * Reads JSON bodies: at most 1 MiB and 32 levels deep, `__proto__` and `constructor.prototype` refused. Depth is counted
 * on the text, before parsing, since 200,000 nested arrays parse in 51 ms and then overflow the stack of whoever walks them.
 *
 * Not by a parser of Fastify's: around one it makes an `AsyncResource` for each request and binds it, which on Node 20
 * costs more than the rest of Fastify and Node's HTTP server together (50 of 90 µs, measured).
 */
export function acceptJsonBodies(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  for (const method of METHODS) server.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  const read = (request: FastifyRequest, done: Done): void => {
    readText(request, (error, text) => {
      if (error ?? text === '') done(error);
      else if (deeperThan(DEPTH_LIMIT, text)) done(tooDeep());
      else {
        if (wantsBodyText(request)) (request as TextRequest).bodyText = text;
        void parse(request, text, (broken, value) => {
          request.body = value;
          done(broken ? notJson() : undefined);
        });
      }
    });
  };
  server.addHook('preValidation', (request, reply, done) => {
    if (request.is404 || !mayHaveBody(request)) done();
    else if (isFormFor(request))
      readText(request, (error, text) => {
        request.body = readForm(text);
        done(error);
      });
    else if (!JSON_TYPE.test(request.headers['content-type'] ?? '')) done(new UnsupportedMediaTypeException());
    else
      read(request, (error) => {
        if (error) void reply.header('connection', 'close'); // the rest of the body may still come
        done(error);
      });
  });
}

type Done = (error?: Error) => void;

function mayHaveBody({ method, headers }: FastifyRequest): boolean {
  if (!METHODS.has(method)) return false;
  if (headers['content-type'] !== undefined || headers['transfer-encoding'] !== undefined) return true;
  return (headers['content-length'] ?? '0') !== '0';
}

/** Answers once, with the whole text or with why there is none. */
function readText({ raw, headers }: FastifyRequest, answer: (error: Error | undefined, text: string) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let over = false;
  const end = (error?: Error): void => {
    if (over) return;
    over = true;
    answer(error, error ? '' : Buffer.concat(chunks).toString('utf8'));
  };
  if (Number(headers['content-length']) > BODY_LIMIT_BYTES) {
    end(new PayloadTooLargeException());
    return;
  }
  raw.on('data', (chunk: Buffer) => {
    if (over) return;
    bytes += chunk.length;
    if (bytes > BODY_LIMIT_BYTES) end(new PayloadTooLargeException());
    else chunks.push(chunk);
  });
  raw.once('end', end).once('error', end);
}

const tooDeep = (): Error =>
  new BadRequestError('BODY_TOO_DEEP', `The body is nested deeper than ${String(DEPTH_LIMIT)} levels.`);
const notJson = (): Error =>
  new BadRequestError('BODY_NOT_JSON', 'The body is not JSON, or uses a forbidden key such as __proto__.');

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
