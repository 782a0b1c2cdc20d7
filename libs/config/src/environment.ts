import { existsSync } from 'node:fs';
import path from 'node:path';

/**
 * The environment with what a `.env` in the working directory adds to it; variables that are set already win. For the
 * processes' `main.ts`, before {@link loadConfig}.
 */
export function environment(): NodeJS.ProcessEnv {
  const file = path.resolve('.env');
  if (existsSync(file)) process.loadEnvFile(file);
  return process.env;
}
