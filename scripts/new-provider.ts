import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '@puente/kernel';
import { checkProject } from './gen/checks';
import { sentence } from './gen/finding';
import { outdatedFiles } from './gen/generated-files';
import { Project } from './gen/project';
import { askAtTerminal, optionsFrom } from './new-provider/options';
import { type NewFiles, PROVIDERS, providerFiles } from './new-provider/provider-files';

const root = path.resolve(__dirname, '..');

/**
 * Begins a provider: a folder that works against its own stand-in, one line in the catalogue, and what `npm run gen`
 * makes of them. It ends with the list of what only a person can write; `npm run check` fails until that is done.
 */
async function main(args: readonly string[]): Promise<void> {
  const options = await optionsFrom(args, askAtTerminal);
  const files = await providerFiles(root, options, new Date().toISOString().slice(0, 10));
  if (options.dryRun) {
    for (const file of files.keys()) console.log(`would be written: ${file}`);
    return;
  }
  write(files);
  // Not before: the catalogue is read once, and now the new provider is in it.
  const { catalog } = await import('../libs/providers/src');
  const project = new Project(root, catalog);
  write(new Map(await outdatedFiles(project)));
  const left = (await checkProject(project)).map(sentence);
  const folder = `${PROVIDERS}/${options.id}`;
  console.log(`
${options.title} keeps the contract against its stand-in as it is: npx jest --selectProjects pg -- ${folder}
It speaks the made-up protocol of a template. What is left is what only a person can write:

${left.map((line) => `- ${line}`).join('\n')}

\`npm run check\` says this again until it is done.`);
}

function write(files: NewFiles): void {
  for (const [file, text] of files) {
    const full = path.join(root, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, text);
    console.log(`written: ${file}`);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof AppError ? error.message : error);
  process.exitCode = 1;
});
