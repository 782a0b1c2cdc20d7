import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const manifest = path.join(__dirname, 'package.json');

/** A package of bench/peers, by the few members we use of it: it is no dependency of the project, so it has no types here. */
export function peer<T>(name: string): T {
  return createRequire(manifest)(name) as T;
}

/** `npm ci` in bench/peers, unless it was done. */
export function installPeers(say: (line: string) => void): void {
  if (existsSync(path.join(__dirname, 'node_modules/.package-lock.json'))) return;
  say('installing what we compare with (bench/peers)');
  execFileSync('npm', ['ci', '--prefix', __dirname, '--no-audit', '--no-fund'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
