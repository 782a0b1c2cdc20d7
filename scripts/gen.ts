import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { catalog } from '@puente/providers';
import { checkProject } from './gen/checks';
import { sentence } from './gen/finding';
import { outdatedFiles } from './gen/generated-files';
import { Project } from './gen/project';

/**
 * Writes everything that is derived from the code; scripts/gen/generated-files.ts lists it. With `--check` it writes
 * nothing, names what is not as the code has it (scripts/gen/checks.ts), and ends with 1 when there is something.
 */
async function main(args: readonly string[]): Promise<void> {
  const project = new Project(path.resolve(__dirname, '..'), catalog);
  if (args.includes('--check')) await check(project);
  else await write(project);
}

async function write(project: Project): Promise<void> {
  for (const [file, text] of await outdatedFiles(project)) {
    const full = path.join(project.root, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, text);
    console.log(`written: ${file}`);
  }
}

async function check(project: Project): Promise<void> {
  const findings = await checkProject(project);
  for (const finding of findings) console.log(sentence(finding));
  if (findings.some(({ isWarning }) => isWarning !== true)) process.exitCode = 1;
}

void main(process.argv.slice(2));
