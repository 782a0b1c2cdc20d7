import { InvalidOptionsError } from './options.errors';
import { type Ask, optionsFrom } from './options';
import { namesOf } from './provider-names';

const nobody: Ask = async () => undefined;
const all = ['toy', '--title', 'Toy', '--vendor', 'Toy Inc.', '--category', 'Pagos', '--model', 'tenant'];

describe('the options of a new provider', () => {
  it('ask nothing when all are given', async () => {
    const ask = jest.fn(nobody);

    expect(await optionsFrom([...all, '--dry-run'], ask)).toEqual({
      ...namesOf('toy'),
      title: 'Toy',
      vendor: 'Toy Inc.',
      category: 'Pagos',
      model: 'tenant',
      dryRun: true,
    });
    expect(ask).not.toHaveBeenCalled();
  });

  it('ask for what is missing, and take a category however it is written', async () => {
    const answers: Readonly<Record<string, string>> = { title: 'Toy', vendor: 'Toy Inc.' };
    const ask: Ask = async (question) => answers[question] ?? (question.startsWith('category') ? 'pagos' : 'HYBRID');

    expect(await optionsFrom(['toy'], ask)).toMatchObject({
      ...answers,
      category: 'Pagos',
      model: 'hybrid',
      dryRun: false,
    });
  });

  it.each([
    [[], 'Give one id'],
    [['toy', 'box'], 'Give one id'],
    [['toy'], '--title is missing'],
    [['toy', '--titel', 'x'], 'npm run new:provider'],
    [[...all.slice(0, -4), '--category', 'Juguetes', '--model', 'tenant'], '--category: expected one of Pagos'],
    [[...all.slice(0, -1), 'shared'], '--model: expected one of tenant'],
    [['toy', '--title', 'a */ b', ...all.slice(3)], '--title: expected'],
    [['Toy', ...all.slice(1)], '"Toy" is no id'],
    [['toy--box', ...all.slice(1)], '"toy--box" is no id'],
    [['2toys', ...all.slice(1)], '"2toys" is no id'],
    [['x'.repeat(51), ...all.slice(1)], 'at most 50'],
    [['delete', ...all.slice(1)], 'means something else already'],
    [['utils', ...all.slice(1)], 'means something else already'],
  ])('refuse %j', async (args, said) => {
    await expect(optionsFrom(args, nobody)).rejects.toThrow(InvalidOptionsError);
    await expect(optionsFrom(args, nobody)).rejects.toThrow(said);
  });

  it('spell an id as its files need it', () => {
    expect(namesOf('aws-s3')).toEqual({ id: 'aws-s3', name: 'awsS3', Name: 'AwsS3', NAME: 'AWS_S3', table: 'aws_s3' });
  });
});
