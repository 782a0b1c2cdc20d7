import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { CHROMIUM } from './chromium';

/** Run before the browser tests: Debian's Chromium, installed where it is missing and this is a Debian of ours. */
function main(): void {
  if (existsSync(CHROMIUM)) return;
  console.log(`There is no ${CHROMIUM}: installing Debian's package chromium.`);
  const steps: readonly (readonly string[])[] = [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', 'chromium'],
  ];
  for (const step of steps) {
    const { status, error } = spawnSync('apt-get', step, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (status !== 0)
      return giveUp(`apt-get ${step.join(' ')} ${error ? error.message : `ended with ${String(status)}`}`);
  }
  if (!existsSync(CHROMIUM)) giveUp(`the package came without ${CHROMIUM}`);
}

function giveUp(why: string): void {
  console.error(
    `Browser tests need a Chromium at ${CHROMIUM} and it could not be installed: ${why}.\n` +
      'Install the package `chromium` as root, or point CHROMIUM_PATH at another Chromium.',
  );
  process.exitCode = 1;
}

main();
