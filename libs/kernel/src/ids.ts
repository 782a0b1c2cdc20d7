import { randomBytes } from 'node:crypto';

/** Owns what belongs to the platform itself: global credentials, platform keys, the platform's audit trail. */
export const SYSTEM_TENANT_ID = '00000000-0000-7000-8000-000000000000';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Randomness in advance, as hexadecimal text: asking for ten bytes costs as much as asking for four thousand. */
let pool = '';
let used = 0;
const POOL_BYTES = 1_024;

/** Random bytes of the system's generator as hexadecimal text; for ids, not for keys. */
export function randomHex(bytes: number): string {
  const digits = bytes * 2;
  if (used + digits > pool.length) {
    pool = randomBytes(Math.max(POOL_BYTES, bytes)).toString('hex');
    used = 0;
  }
  const from = used;
  used += digits;
  return pool.slice(from, used);
}

/**
 * A UUID version 7 (RFC 9562 §5.7): 48 bits of milliseconds, then 74 random bits. Rows made one after another lie
 * together in the index; made in Node, so an id is known before the row exists.
 */
export function uuidv7(nowMs: number = Date.now()): string {
  const time = nowMs.toString(16).padStart(12, '0');
  const noise = randomHex(10);
  const variant = (8 + (Number.parseInt(noise.charAt(3), 16) & 3)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${noise.slice(0, 3)}-${variant}${noise.slice(4, 7)}-${noise.slice(7, 19)}`;
}

/** Before every {@link uuidv7} made from then on: their order is that of their time, so `id < …` asks for what is older. */
export function firstUuidv7At(at: Date): string {
  const time = Math.max(0, at.getTime()).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-0000-0000-000000000000`;
}

/** When a {@link uuidv7} was made. */
export function uuidv7Time(id: string): Date {
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}

/** Whether the text is a UUID in lower case, the only spelling we answer with. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
