import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Beside what other tools keep there: gone with the project's own node_modules, and no part of its tree. */
const home = path.resolve(__dirname, '../../node_modules/.cache/puente-bench-peers');

/** A package of bench/peers, by the few members we use of it: it is no dependency of the project, so it has no types here. */
export function peer<T>(name: string): T {
  return createRequire(path.join(home, 'package.json'))(name) as T;
}

/** `npm ci` of bench/peers, unless it was done. */
export function installPeers(say: (line: string) => void): void {
  if (existsSync(path.join(home, 'node_modules/.package-lock.json'))) return;
  say('installing what we compare with (bench/peers)');
  mkdirSync(home, { recursive: true });
  for (const file of ['package.json', 'package-lock.json', '.npmrc'])
    cpSync(path.join(__dirname, file), path.join(home, file));
  execFileSync('npm', ['ci', '--prefix', home, '--no-audit', '--no-fund'], { stdio: ['ignore', 'ignore', 'inherit'] });
}
