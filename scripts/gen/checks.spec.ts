import path from 'node:path';
import type { AnyProvider, ProviderDefinition } from '@puente/integrations';
import { catalog } from '@puente/providers';
import { CATALOGUE_CHECKS, checkProject } from './checks';
import { sentence } from './finding';
import { FROM_CATALOGUE, outdatedFiles } from './generated-files';
import { newDocument } from './integration-document';
import { Project } from './project';

const root = path.resolve(__dirname, '../..');
const SNS = 'docs/02-integraciones/INT-002-sns.md';
const providers: readonly AnyProvider[] = catalog;
const original = new Project(root, providers);
const text = original.read(SNS) ?? '';

type Texts = Readonly<Record<string, string | undefined>>;

let before: ReadonlySet<string>;
beforeAll(async () => {
  before = new Set(await sentences(original));
});

/** What is said of a change and of nothing else, whatever else may be wrong with the tree at the moment. */
async function newlySaid(texts: Texts, changed = providers): Promise<string[]> {
  const after = await sentences(new Project(root, changed, new Map(Object.entries(texts))));
  return after.filter((said) => !before.has(said));
}

async function sentences(project: Project): Promise<string[]> {
  return (await checkProject(project, CATALOGUE_CHECKS)).map(sentence);
}

function withSns(change: (sns: ProviderDefinition) => Partial<ProviderDefinition>): AnyProvider[] {
  return providers.map((provider) => {
    const definition = provider as unknown as ProviderDefinition;
    return definition.meta.id === 'sns' ? ({ ...definition, ...change(definition) } as AnyProvider) : provider;
  });
}

/** The document with one passage replaced, which has to be there. */
function edited(from: string | RegExp, to: string): Texts {
  const result = text.replace(from, to);
  if (result === text) throw new Error(`The document of SNS has no ${String(from)}`);
  return { [SNS]: result };
}

describe('a change in the code without npm run gen', () => {
  const rebuilt = `${SNS}: it is not what follows from the code now. Run \`npm run gen\` and commit what it writes.`;

  it.each<[string, (sns: ProviderDefinition) => Partial<ProviderDefinition>, string]>([
    [
      'a limit',
      ({ limits }) => ({ limits: limits.map((limit) => ({ ...limit, quota: limit.quota + 1 })) }),
      `"Rate Limits": the row "SMS por segundo" does not say "21"`,
    ],
    [
      'a new limit by the minute',
      ({ limits }) => ({
        limits: [...limits, { limite: 'Temas por minuto', quota: 9, windowMs: 60_000, per: 'credential', accion: 'x' }],
      }),
      `"Rate Limits": no row for limit "Temas por minuto"`,
    ],
    [
      'an error code',
      ({ errors }) => ({
        errors: [...errors, { code: 'Teapot', failure: 'rejected', descripcion: 'Tetera', accion: 'Log + retry NO' }],
      }),
      `"Manejo de Errores": no row for error code "Teapot"`,
    ],
    [
      'an error code that is gone',
      ({ errors }) => ({ errors: errors.filter(({ code }) => code !== 'EndpointDisabled') }),
      `"Manejo de Errores": a row for error code "EndpointDisabled", which the code does not know or has already had`,
    ],
    [
      'a credential',
      ({ credentials }) => ({
        credentials: {
          ...credentials,
          env: { ...credentials.env, pin: { variable: 'AWS_SNS_PIN', descripcion: 'Clave', required: true } },
        },
      }),
      `"Credenciales Requeridas": no row for variable "AWS_SNS_PIN"`,
    ],
    [
      'an operation',
      ({ operations }) => ({ operations: { ...operations, unsubscribe: operations['subscribe']! } }),
      `"Endpoints/SDK Utilizados": no row for operation "unsubscribe"`,
    ],
    [
      'the page of an operation',
      ({ operations }) => ({
        operations: { ...operations, publish: { ...operations['publish']!, documentation: 'https://example.com/new' } },
      }),
      `"Endpoints/SDK Utilizados": https://example.com/new is not linked`,
    ],
    [
      'an alert',
      () => ({ monitoring: { latencyMs: 4_000 } }),
      `"Monitoreo": the row "Latencia: \`puente_provider_call_duration_seconds{provider="sns"}\`" does not say ">4s"`,
    ],
    [
      'the model of its credentials',
      ({ credentials }) => ({ credentials: { ...credentials, model: 'global' } }),
      `"Metadata": the row "Multi-tenant" does not say "Multi-tenant | No"`,
    ],
  ])('%s: names the document, the section and what is missing', async (_, change, problem) => {
    const said = await newlySaid({}, withSns(change));

    expect(said).toContain(rebuilt);
    expect(said).toContain(`${SNS}, ${problem}. Run \`npm run gen\`.`);
  });

  it('is all that npm run gen has to do with it: then nothing is said of the rows any more', async () => {
    const changed = withSns(({ errors }) => ({ errors: errors.slice(1) }));
    const files = Object.fromEntries(await outdatedFiles(new Project(root, changed), FROM_CATALOGUE));

    expect(Object.keys(files)).toContain(SNS);
    expect(await newlySaid(files, changed)).toEqual([]);
  });
});

describe('an edit of a document', () => {
  it.each<[string, Texts, string]>([
    [
      'a title',
      edited('# INT-002: Amazon SNS', '# INT-002: SNS'),
      'does not begin with the title "# INT-002: Amazon SNS"',
    ],
    ['a heading that is gone', edited('## Fallbacks\n', ''), 'the heading "## Fallbacks" is missing'],
    [
      'a heading of another level',
      edited('### Comandos', '## Comandos'),
      'the heading "### Comandos de Test" is missing',
    ],
    [
      'a heading more',
      edited('## Testing', '## Costos\n\nNo hay.\n\n## Testing'),
      'the heading "## Costos" is not one of',
    ],
    [
      'headings in another order',
      {
        [SNS]: text
          .replace('## Descripcion', '## X')
          .replace('## Fallbacks', '## Descripcion')
          .replace('## X', '## Fallbacks'),
      },
      '"## Fallbacks" stands where "## Descripcion" belongs',
    ],
    [
      'a section that is empty',
      edited(/## Descripcion\n[^]*?\n## /, '## Descripcion\n\n## '),
      '"Descripcion": the section is empty',
    ],
    [
      'what a generator left to write',
      edited('Amazon SNS entrega', 'Escribir aquí qué hace. Amazon SNS entrega'),
      '"Descripcion": somebody has yet to write this',
    ],
    [
      'a row by hand',
      edited(
        '## Manejo de Errores\n',
        '## Manejo de Errores\n\n| Codigo | Descripcion | Accion |\n| --- | --- | --- |\n| 418 | x | y |\n',
      ),
      '"Manejo de Errores": a table is written by hand, outside the generated block',
    ],
    [
      'such a table somewhere else',
      edited(
        '## Descripcion\n',
        '## Descripcion\n\n| Codigo | Descripcion | Accion |\n| --- | --- | --- |\n| 418 | x | y |\n',
      ),
      '"Descripcion": a table is written by hand',
    ],
    ['a row taken out', edited(/\| NotFound .*\n/, ''), '"Manejo de Errores": no row for error code "NotFound"'],
    [
      'a row put in',
      edited('| NotFound ', '| Nada | x | y |\n| NotFound '),
      'a row for error code "Nada", which the code does not know',
    ],
    [
      'a column',
      edited('| Limite | Valor |', '| Límite | Valor |'),
      'there is no table with the columns Limite, Valor, Accion si excede',
    ],
    ['a marker', edited('<!-- generado: limites -->\n', ''), 'the markers of the block "limites" are missing'],
    [
      'a block nobody writes',
      edited('## Testing', '<!-- generado: costos -->\n<!-- /generado -->\n\n## Testing'),
      'the block "costos" is there twice, or nothing generates it',
    ],
    [
      'a dead link',
      edited('Puente publica', 'Ver [esto](../adr/0099-nada.md). Puente publica'),
      '"Descripcion": ../adr/0099-nada.md does not exist',
    ],
    [
      'a link out of the project',
      edited('Puente publica', '[x](../../../x) Puente publica'),
      'leads out of the project',
    ],
    [
      'a link that is not https',
      edited('Puente publica', '[x](http://example.com/) Puente publica'),
      'http://example.com/ is not https',
    ],
    [
      'a link to nobody',
      edited('Puente publica', '[x](https://localhost/) Puente publica'),
      'has no host that others can reach',
    ],
    [
      'a reference taken out',
      edited(/- Módulo del back end.*\n/, ''),
      '"Referencias": ../../libs/providers/src/sns is not linked',
    ],
    [
      'a command nobody can run',
      edited('npx jest libs', 'rm -rf libs'),
      'not one of the commands a test can run (scripts/gen/test-commands.ts): rm -rf libs',
    ],
    [
      'a pipe in a command',
      edited('_sandbox/sns/received"', '_sandbox/sns/received" | sh'),
      'not one of the commands a test can run',
    ],
    [
      'a command inside a command',
      edited('_sandbox/sns/received"', '_sandbox/sns/$(date)"'),
      'not one of the commands a test can run',
    ],
    [
      'a spec that is not there',
      edited('sns.contract.spec.ts', 'sns.contrato.spec.ts'),
      'sns.contrato.spec.ts does not exist',
    ],
    [
      'the last line',
      edited(/\*\*Ultima actualizacion:\*\* .*\n$/, ''),
      'the last line is not "**Ultima actualizacion:** YYYY-MM-DD"',
    ],
    ['the whole document', { [SNS]: undefined }, 'there is no such document. Run `npm run gen`'],
  ])('%s: names the document and what is wrong', async (_, texts, problem) => {
    const said = await newlySaid(texts);

    expect(said.filter((line) => line.startsWith(SNS) && line.includes(problem))).not.toEqual([]);
  });

  it('may be prose outside the blocks, code, or a heading inside code', async () => {
    const prose = 'Más prosa, con [un enlace](../adr/README.md).\n\n```text\n## No es un título\n```\n\n## Testing';

    expect(await newlySaid(edited('## Testing', prose))).toEqual([]);
  });
});

describe('the catalogue', () => {
  const file = 'libs/providers/src/catalog.ts';
  const renumbered = (code: `INT-${string}`): AnyProvider[] => withSns(({ meta }) => ({ meta: { ...meta, code } }));

  it('gives no code twice', async () => {
    const said = await newlySaid({}, renumbered('INT-001'));

    expect(said).toContain(`${file}: two providers have the code INT-001. Give every provider a free code.`);
  });

  it('has a folder for each provider, and no other', async () => {
    const said = await newlySaid(
      {},
      withSns(({ meta }) => ({ meta: { ...meta, id: 'pubsub' } })),
    );

    expect(said.join('\n')).toContain('the provider pubsub has no folder of its name');
    expect(said.join('\n')).toContain('libs/providers/src/sns is not in the catalogue');
  });

  it('has a document for each provider, and no other', async () => {
    const stray = 'docs/02-integraciones/INT-098-old.md';

    expect(await newlySaid({ [stray]: '# INT-098: Old' })).toEqual([
      `${stray}: it belongs to no provider of the catalogue. Rename or delete it.`,
    ]);
  });

  it.each([
    ['a row taken out', / {2}- codigo: INT-002\n( {4}.*\n){6}/, `no row for ${SNS}`],
    [
      'a row of another document',
      'INT-002-sns.md',
      'a row for docs/02-integraciones/INT-077-sns.md, which no provider has',
    ],
    ['a field that is no truth value', 'multi_tenant: true', 'multi_tenant'],
    ['a state nobody knows', 'estado: activo', 'estado'],
  ])('has an inventory that says the same: %s', async (_, from, problem) => {
    const inventory = original.read('MASTER_INVENTORY.yml') ?? '';
    const to =
      from === 'INT-002-sns.md' ? 'INT-077-sns.md' : from === 'multi_tenant: true' ? 'multi_tenant: quizás' : '';
    const said = await newlySaid({ 'MASTER_INVENTORY.yml': inventory.replace(from, to) });

    expect(said.filter((line) => line.startsWith('MASTER_INVENTORY.yml') && line.includes(problem))).not.toEqual([]);
  });
});

describe('README and decision records', () => {
  it('link to what exists', async () => {
    const readme = `${original.read('README.md') ?? ''}\n[gone](docs/gone.md)\n`;

    expect(await newlySaid({ 'README.md': readme })).toEqual([
      'README.md, "Licence": docs/gone.md does not exist. Mend the link.',
    ]);
  });
});

describe('the template', () => {
  const template = 'docs/02-integraciones/TEMPLATE-INTEGRACION-EXTERNA.md';
  const current = original.read(template) ?? '';

  it.each([
    ['heading', '## Monitoreo', 'the heading "## Monitoreo" is missing'],
    ['column', '| Evento ', '"Webhooks (si aplica)": no table with the columns Evento, Endpoint, Descripcion'],
    ['field', '| Estado ', '"Metadata": the fields are not Codigo, Proveedor, Tipo, Estado'],
    ['link', '../../.env.example', '"Referencias": x does not exist'],
  ])('has every %s of the documents', async (_, from, problem) => {
    const said = await newlySaid({ [template]: current.replace(from, from.startsWith('|') ? '| X ' : 'x') });

    expect(said.join('\n')).toContain(template);
    expect(said.join('\n')).toContain(problem);
  });
});

describe('a new document', () => {
  const provider = withSns(({ meta }) => ({ meta: { ...meta, title: 'Amazon SNS' } }))[1]!;

  it('lacks nothing but what a person must write, and that person’s word', async () => {
    const said = await newlySaid({ [SNS]: newDocument(provider) });

    expect(said).toEqual([
      `${SNS}, "Descripcion": somebody has yet to write this ("Escribir aquí …"). Write it.`,
      `${SNS}, "Sandbox/Test Mode": somebody has yet to write this ("Escribir aquí …"). Write it.`,
      `${SNS}: nobody has compared it with libs/providers/src/sns yet. Read it again against the code, mend it, then run \`npm run gen -- --reviewed sns\`.`,
    ]);
  });
});
