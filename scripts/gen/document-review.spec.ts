import path from 'node:path';
import { catalog } from '@puente/providers';
import { CATALOGUE_CHECKS, checkProject } from './checks';
import { reviewed } from './document-review';
import { sentence } from './finding';
import { FROM_CATALOGUE, outdatedFiles } from './generated-files';
import { Project } from './project';

const root = path.resolve(__dirname, '../..');
const SNS = 'docs/02-integraciones/INT-002-sns.md';
const SOURCE = 'libs/providers/src/sns/sns.errors.ts';
const TODAY = '2027-02-03';

/** The tree after its documents were read on a known day. */
let files: Map<string, string | undefined>;
const project = (changes: Readonly<Record<string, string | undefined>> = {}, today = TODAY): Project =>
  new Project(root, catalog, new Map([...files, ...Object.entries(changes)]), today);
const said = async (tree: Project): Promise<string[]> =>
  (await checkProject(tree, CATALOGUE_CHECKS)).map(sentence).filter((line) => line.includes(SNS));

beforeAll(async () => {
  const written = await outdatedFiles(new Project(root, catalog), FROM_CATALOGUE);
  const generated = new Project(root, catalog, new Map(written), TODAY);
  files = new Map([...written, ...(await reviewed(generated, ['sns', 'sqs']))]);
});

describe('npm run gen -- --reviewed', () => {
  it('writes the day and what the code was into the document, and then nothing is said of it', async () => {
    expect(project().read(SNS)).toMatch(
      /\n<!-- revisado: [^]*\nsns\.errors\.ts [0-9a-f]{12}\n[^]*-->\n\n\*\*Ultima actualizacion:\*\* 2027-02-03\n$/,
    );
    expect(project().read(SNS)).not.toMatch(/\.spec\.ts [0-9a-f]{12}/);
    expect(await said(project())).toEqual([]);
  });

  it('changes nothing when nothing has changed', async () => {
    expect(await reviewed(project(), ['sns'])).toEqual([[SNS, project().read(SNS)]]);
  });

  it('is refused while something is wrong that can be seen without reading', async () => {
    const broken = project({ [SNS]: project().read(SNS)?.replace('## Fallbacks', '## Otra cosa') });

    await expect(reviewed(broken, ['sns'])).rejects.toThrow(`${SNS}: the heading "## Fallbacks" is missing`);
  });

  it('is refused while the document is not what the code generates', async () => {
    const stale = project({
      [SNS]: project()
        .read(SNS)
        ?.replace(/\| NotFound .*\n/, ''),
    });

    await expect(reviewed(stale, ['sns'])).rejects.toThrow(
      `${SNS} is not up to date. Run \`npm run gen\` and read it.`,
    );
  });

  it('knows the providers by name', async () => {
    await expect(reviewed(project(), ['snss'])).rejects.toThrow('There is no provider snss: sqs, sns');
  });
});

describe('a document that is older than its code', () => {
  const remedy = 'Read it again against the code, mend it, then run `npm run gen -- --reviewed sns`.';

  it.each([
    ['changed', SOURCE, '// other code\n', 'sns.errors.ts'],
    ['new', 'libs/providers/src/sns/sns.webhook.ts', 'export {};\n', 'sns.webhook.ts'],
    ['gone', SOURCE, undefined, 'sns.errors.ts'],
  ])('is named, with the file that is %s', async (_, file, source, name) => {
    expect(await said(project({ [file]: source }))).toContain(
      `${SNS}: the document is older than libs/providers/src/sns (changed: ${name}). ${remedy}`,
    );
  });

  it('is not made younger by npm run gen', async () => {
    const tree = project({ [SOURCE]: '// other code\n' });
    const generated = await outdatedFiles(tree, FROM_CATALOGUE);

    expect(generated.map(([file]) => file)).not.toContain(SNS);
  });

  it('is not blamed for tests, stand-ins, or line ends of the checkout', async () => {
    const source = project().read(SOURCE)?.replaceAll('\n', '\r\n');

    expect(await said(project({ [SOURCE]: source, 'libs/providers/src/sns/sns.new.spec.ts': '' }))).toEqual([]);
  });

  it('cannot have a date before the day on which the provider’s own pages were read', async () => {
    const early = project({ [SNS]: project().read(SNS)?.replace(TODAY, '2026-01-01') });

    expect((await said(early)).join('\n')).toContain('its date, 2026-01-01, is before those of the definition');
  });
});

describe('a provider whose pages nobody has read for half a year', () => {
  it('is mentioned, and nothing fails because of the date', async () => {
    const findings = await checkProject(project({}, '2027-06-30'), CATALOGUE_CHECKS);
    const warnings = findings.filter(({ file, isWarning }) => file === SNS && isWarning);

    expect(warnings.map(sentence)).toEqual([
      expect.stringMatching(/^warning: .*INT-002-sns\.md: the provider's own pages were last read \d+ days ago\. /),
    ]);
    expect(findings.filter(({ file, isWarning }) => file === SNS && isWarning !== true)).toEqual([]);
  });
});
