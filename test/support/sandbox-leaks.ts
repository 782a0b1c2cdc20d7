import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { CANARY } from './sandbox-tenant';

/** The secrets that tests hand in, and whole API keys: `pnt_<env>_<prefix>_<secret>`. */
const SECRETS = [new RegExp(CANARY), /pnt_[a-z0-9]+_[0-9A-Za-z]{16}_[0-9A-Za-z]{43}/];

export function isLeak(text: string): boolean {
  return SECRETS.some((secret) => secret.test(text));
}

/** Lines of the sandbox's logs that say what must never be said. */
export function leaksIn(dataDir: string): readonly string[] {
  const logs = path.join(dataDir, 'logs');
  return readdirSync(logs).flatMap((file) =>
    readFileSync(path.join(logs, file), 'utf8')
      .split('\n')
      .filter(isLeak)
      .map((line) => `${file}: ${line.slice(0, 500)}`),
  );
}
