import { createHash } from 'node:crypto';
import { sqsError } from './sqs-wire.errors';
import type { MessageAttribute, MessageAttributes } from './sqs-wire.schemas';

const MAX_ATTRIBUTES = 10;

export function md5(text: string): string {
  return createHash('md5').update(text, 'utf8').digest('hex');
}

/**
 * The digest the SDKs verify: per attribute, by name, length and bytes of name and data type, a byte for the kind of
 * value (1 text, 2 binary), length and bytes of the value.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
 */
export function md5OfAttributes(attributes: MessageAttributes | null | undefined): string | undefined {
  const names = Object.keys(attributes ?? {}).sort();
  if (!attributes || names.length === 0) return undefined;
  const hash = createHash('md5');
  const part = (bytes: Buffer): void => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of names) {
    const attribute = attributes[name];
    if (!attribute) continue;
    part(Buffer.from(name, 'utf8'));
    part(Buffer.from(attribute.DataType, 'utf8'));
    hash.update(Buffer.from([isBinary(attribute) ? 2 : 1]));
    part(valueBytes(attribute));
  }
  return hash.digest('hex');
}

function isBinary(attribute: MessageAttribute): boolean {
  return attribute.DataType.startsWith('Binary');
}

function valueBytes(attribute: MessageAttribute): Buffer {
  return isBinary(attribute)
    ? Buffer.from(attribute.BinaryValue ?? '', 'base64')
    : Buffer.from(attribute.StringValue ?? '', 'utf8');
}

/** What a message weighs against the limits: body, and of each attribute name, type and value. */
export function sizeOf(body: string, attributes: MessageAttributes | undefined): number {
  const ofAttributes = Object.entries(attributes ?? {}).map(
    ([name, attribute]) =>
      Buffer.byteLength(name) + Buffer.byteLength(attribute.DataType) + valueBytes(attribute).length,
  );
  return ofAttributes.reduce((sum, size) => sum + size, Buffer.byteLength(body));
}

export function assertMessageAttributes(attributes: MessageAttributes | undefined): void {
  const entries = Object.entries(attributes ?? {});
  if (entries.length > MAX_ATTRIBUTES) {
    refuse(
      `Number of message attributes [${String(entries.length)}] exceeds the allowed maximum [${String(MAX_ATTRIBUTES)}].`,
    );
  }
  for (const [name, attribute] of entries) assertAttribute(name, attribute);
}

function assertAttribute(name: string, attribute: MessageAttribute): void {
  if (!/^[\w.-]{1,256}$/.test(name) || /^\.|\.$|\.\.|^(aws|amazon)\./i.test(name)) {
    refuse(
      `Message (user) attribute names can contain only A-Z, a-z, 0-9, underscore, hyphen and period, and not start with AWS. or Amazon.: ${name}`,
    );
  }
  const type = attribute.DataType;
  if (type === '') refuse(`The message attribute '${name}' must contain non-empty message attribute type.`);
  if (!/^(String|Number|Binary)(\..{1,249})?$/.test(type)) {
    refuse(
      `The type of message (user) attribute '${name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.`,
    );
  }
  const value = isBinary(attribute) ? attribute.BinaryValue : attribute.StringValue;
  if (!value) refuse(`Message (user) attribute '${name}' must contain a non-empty value of type '${type}'.`);
  if (type.startsWith('Number') && !Number.isFinite(Number(value))) {
    refuse(`Can't cast the value of message (user) attribute '${name}' to a number.`);
  }
  if (!isBinary(attribute)) assertCharacters(attribute.StringValue ?? '');
}

/** #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF; a lone surrogate is none of these. */
// eslint-disable-next-line no-control-regex -- the control characters are what it looks for
const FORBIDDEN = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/u;

export function assertCharacters(text: string): void {
  if (!FORBIDDEN.test(text)) return;
  throw sqsError(
    'InvalidMessageContents',
    'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
  );
}

/** Which attributes a receive asked for: exact names, `prefix.*`, `All` or `.*`. */
export function chosenAttributes(
  attributes: MessageAttributes | null,
  names: readonly string[],
): MessageAttributes | undefined {
  if (!attributes || names.length === 0) return undefined;
  const wanted = (name: string): boolean =>
    names.some(
      (pattern) =>
        pattern === 'All' ||
        pattern === '.*' ||
        pattern === name ||
        (pattern.endsWith('.*') && name.startsWith(pattern.slice(0, -2))),
    );
  const chosen = Object.entries(attributes).filter(([name]) => wanted(name));
  return chosen.length === 0 ? undefined : Object.fromEntries(chosen);
}

function refuse(message: string): never {
  throw sqsError('InvalidParameterValueException', message);
}
