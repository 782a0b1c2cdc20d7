import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

/**
 * A file that is there whole or not at all, and that nobody but its owner may read: written under another name beside
 * it, flushed, then renamed.
 */
export async function writeWholeFile(path: string, content: AsyncIterable<string | Uint8Array>): Promise<void> {
  const partial = `${path}.${randomBytes(4).toString('hex')}.partial`;
  const file = await open(partial, 'wx', 0o600);
  try {
    await pipeline(content, file.createWriteStream({ flush: true })); // which closes it, whatever happens
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
