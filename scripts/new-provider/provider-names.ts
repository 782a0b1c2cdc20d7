import { InvalidOptionsError } from './options.errors';

/** One provider's id, in the spellings that its files use. */
export interface ProviderNames {
  readonly id: string;
  /** `awsS3` */
  readonly name: string;
  /** `AwsS3` */
  readonly Name: string;
  /** `AWS_S3` */
  readonly NAME: string;
  /** `aws_s3` */
  readonly table: string;
}

/** Length of the column that the id is written into. */
const MAX_LENGTH = 50;

/** Words of the language, names that the files of a provider already use, and names that say nothing. */
const RESERVED = new Set(
  [
    'break case catch class const continue debugger default delete do else enum export extends false finally for function if',
    'import in instanceof new null return super switch this throw true try typeof var void while with yield let static await',
    'async eval arguments implements interface package private protected public undefined',
    'account catalog classify define-provider endpoint-or get-account http-connection index item items module operation',
    'provider-facade secret stand-in testing z',
    'common helper helpers shared util utils',
  ].flatMap((words) => words.split(' ')),
);

/** @throws {InvalidOptionsError} the id cannot be a folder, a column value and a variable at once */
export function namesOf(id: string): ProviderNames {
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(id) || id.length > MAX_LENGTH) {
    throw new InvalidOptionsError(
      `"${id}" is no id: lower-case letters and digits, in words joined by -, at most ${String(MAX_LENGTH)} characters.`,
    );
  }
  if (RESERVED.has(id)) throw new InvalidOptionsError(`"${id}" means something else already: take another id.`);
  const words = id.split('-');
  const Name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return {
    id,
    name: Name.charAt(0).toLowerCase() + Name.slice(1),
    Name,
    NAME: words.join('_').toUpperCase(),
    table: words.join('_'),
  };
}
