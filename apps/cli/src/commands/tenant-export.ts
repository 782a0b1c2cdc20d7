import { pipeline } from 'node:stream/promises';
import { TenantExport } from '@puente/tenancy';
import { withPlatform } from '../platform';
import { writeWholeFile } from '../whole-file';

export interface ExportOptions {
  readonly out?: string;
  /** False after `--no-payloads`. */
  readonly payloads: boolean;
}

const PROGRESS_EVERY_MS = 1_000;

/** To a file, or to standard output; what is going on goes to standard error. */
export async function exportTenant(env: NodeJS.ProcessEnv, id: string, options: ExportOptions): Promise<void> {
  const { out, payloads } = options;
  await withPlatform(env, async (app) => {
    const lines = watched(await app.get(TenantExport).begin({ actor: 'system:cli' }, id, { payloads }));
    if (out === undefined) await pipeline(lines, process.stdout, { end: false });
    else await writeWholeFile(out, lines);
    process.stderr.write(out === undefined ? 'The export is whole.\n' : `The export is whole: ${out}\n`);
  });
}

async function* watched(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let count = 0;
  let toldAt = performance.now();
  for await (const line of lines) {
    yield line;
    count += 1;
    if (performance.now() - toldAt < PROGRESS_EVERY_MS) continue;
    toldAt = performance.now();
    process.stderr.write(`${String(count)} lines\n`);
  }
  process.stderr.write(`${String(count)} lines in all\n`);
}
