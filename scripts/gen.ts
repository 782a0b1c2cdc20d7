import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { catalog } from '@puente/providers';
import { checkProject } from './gen/checks';
import { reviewed } from './gen/document-review';
import { sentence } from './gen/finding';
import { type Files, outdatedFiles } from './gen/generated-files';
import { Project } from './gen/project';

/**
 * Writes everything that is derived from the code; scripts/gen/generated-files.ts lists it.
 *
 * - `--check`: writes nothing, names what is not as the code has it (scripts/gen/checks.ts), and ends with 1 if anything is.
 * - `--reviewed <id>…`: a person has read the documents of these providers against their code, and they are right.
 */
async function main([option, ...ids]: readonly string[]): Promise<void> {
  const project = new Project(path.resolve(__dirname, '..'), catalog);
  if (option === undefined) write(project, await outdatedFiles(project));
  else if (option === '--check') await check(project);
  else if (option === '--reviewed' && ids.length > 0) write(project, await reviewed(project, ids));
  else throw new Error('npm run gen [-- --check | -- --reviewed <provider id>…]');
}

function write(project: Project, files: Files): void {
  for (const [file, text] of files) {
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

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
