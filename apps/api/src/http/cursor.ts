import { BadRequestError } from './http-errors';

/** A page and the way to the next one; `next` is null on the last. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** Cursors are opaque to clients, so that what they count can change. */
export function encodeCursor(seq: string | null | undefined): string | null {
  return seq === null || seq === undefined ? null : Buffer.from(`s:${seq}`).toString('base64url');
}

/** @throws {BadRequestError} `CURSOR_INVALID` */
export function decodeCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const seq = /^s:(\d{1,18})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'))?.[1];
  if (seq === undefined)
    throw new BadRequestError(
      'CURSOR_INVALID',
      'The cursor is not one of ours: pass `next` of the previous page unchanged.',
    );
  return seq;
}
