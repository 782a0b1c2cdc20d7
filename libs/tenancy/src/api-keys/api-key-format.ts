import { hash, randomInt } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PREFIX_LENGTH = 16;
/** 43 characters of 62: 256 bits. */
const SECRET_LENGTH = 43;
const FORMAT = new RegExp(
  `^pnt_([a-z][a-z0-9]{0,11})_([0-9A-Za-z]{${String(PREFIX_LENGTH)}})_[0-9A-Za-z]{${String(SECRET_LENGTH)}}$`,
);

/** `pnt_<env>_<prefix>_<secret>`: recognisable to secret scanners, selected whole by a double click. */
export interface NewApiKey {
  readonly key: string;
  readonly prefix: string;
}

export function makeApiKey(env: string): NewApiKey {
  const prefix = randomText(PREFIX_LENGTH);
  return { prefix, key: `pnt_${env}_${prefix}_${randomText(SECRET_LENGTH)}` };
}

/** @returns undefined for what cannot be one of our keys */
export function parseApiKey(text: string): { readonly env: string; readonly prefix: string } | undefined {
  const [, env, prefix] = FORMAT.exec(text) ?? [];
  return env === undefined || prefix === undefined ? undefined : { env, prefix };
}

/** What we keep of a key. Covers all of it, so its parts cannot be exchanged. */
export function hashApiKey(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}

function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('');
}
