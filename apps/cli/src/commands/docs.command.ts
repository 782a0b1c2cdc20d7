import { DocumentLibrary, ProviderCatalogue } from '@puente/integrations';
import { catalog } from '@puente/providers';
import { Command } from 'commander';

/** `puente docs`: the integration documents, for whoever has a terminal and no key. Needs no database. */
export function docsCommand(): Command {
  const library = (): DocumentLibrary => new DocumentLibrary(new ProviderCatalogue(catalog).providers);
  const command = new Command('docs').description('Read the integration documents.');
  command
    .command('list')
    .description('Print what there is, a line each: code, id, date, title.')
    .action(() => {
      for (const { code, id, updatedOn, title } of library().documents) print([code, id, updatedOn, title].join('\t'));
    });
  command
    .command('show')
    .description('Print one document as Markdown.')
    .argument('<document>', 'its id or code, such as sns or INT-002')
    .action((document: string) => {
      print(library().get(document).markdown.trimEnd());
    });
  return command;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
