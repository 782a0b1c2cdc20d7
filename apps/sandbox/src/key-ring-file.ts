import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The sandbox's own key-encryption key, random, made on the first start and readable by its owner only. */
export function ensureKeyRing(dataDir: string): string {
  const file = path.join(dataDir, 'key-ring');
  if (!existsSync(file))
    writeFileSync(file, `sandbox-1:${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  return file;
}
