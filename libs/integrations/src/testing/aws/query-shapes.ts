import { commonAwsError } from './aws-error';

/**
 * How a value of the JSON protocol is spelled in the Query protocol. Written by hand for the operations we have; the
 * names come from the services' own models.
 */
export type Shape = 'string' | 'integer' | 'boolean' | ListShape | MapShape | StructureShape;

export interface ListShape {
  readonly list: Shape;
  /** Flattened lists repeat this name (`AttributeName.1`); others nest under the member's own (`Tags.member.1`). */
  readonly as?: string;
}

export interface MapShape {
  readonly map: Shape;
  readonly as?: string;
  readonly key: string;
  readonly value: string;
}

export interface StructureShape {
  readonly structure: Fields;
}

export type Fields = Readonly<Record<string, Shape>>;

type Tree = Map<string, { text?: string; below: Tree }>;

/** Reads the flat parameters of the Query protocol into the shape the JSON protocol would have carried. */
export function decodeForm(form: URLSearchParams, fields: Fields): Record<string, unknown> {
  const tree: Tree = new Map();
  for (const [name, value] of form) {
    let level = tree;
    const steps = name.split('.');
    steps.forEach((step, index) => {
      const node = level.get(step) ?? { below: new Map() as Tree };
      if (index === steps.length - 1) node.text = value;
      level.set(step, node);
      level = node.below;
    });
  }
  return decodeStructure(tree, fields);
}

function decodeStructure(tree: Tree, fields: Fields): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, shape] of Object.entries(fields)) {
    const value = decodeMember(tree, name, shape);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

function decodeMember(tree: Tree, name: string, shape: Shape): unknown {
  if (typeof shape === 'string') return scalar(tree.get(name)?.text, name, shape);
  if ('structure' in shape) {
    const node = tree.get(name);
    return node ? decodeStructure(node.below, shape.structure) : undefined;
  }
  if ('list' in shape) return items(tree, shape.as, name, 'member')?.map((item) => decodeItem(item, name, shape.list));
  const entries = items(tree, shape.as, name, 'entry');
  if (!entries) return undefined;
  return Object.fromEntries(
    entries.map(({ below }) => [below.get(shape.key)?.text ?? '', decodeMember(below, shape.value, shape.map)]),
  );
}

function decodeItem(item: { text?: string; below: Tree }, name: string, shape: Shape): unknown {
  if (typeof shape === 'string') return scalar(item.text, name, shape);
  return 'structure' in shape ? decodeStructure(item.below, shape.structure) : undefined;
}

/** Items in the order of their numbers, which need not be dense. */
function items(
  tree: Tree,
  flat: string | undefined,
  name: string,
  nested: string,
): { text?: string; below: Tree }[] | undefined {
  const level = flat === undefined ? tree.get(name)?.below.get(nested) : tree.get(flat);
  if (!level) return undefined;
  return [...level.below]
    .filter(([key]) => /^\d+$/.test(key))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, node]) => node);
}

function scalar(text: string | undefined, name: string, shape: 'string' | 'integer' | 'boolean'): unknown {
  if (text === undefined) return undefined;
  if (shape === 'string') return text;
  if (shape === 'boolean') return text === 'true';
  if (!/^[+-]?\d+$/.test(text)) {
    throw commonAwsError(
      'ValidationError',
      `Value ${text} for parameter ${name} is invalid. Reason: Must be an integer.`,
    );
  }
  return Number(text);
}

/** Writes a result as the XML of the Query protocol. Members without a value are left out. */
export function encodeXml(value: Readonly<Record<string, unknown>>, fields: Fields): string {
  return Object.entries(fields)
    .map(([name, shape]) => encodeMember(name, value[name], shape))
    .join('');
}

function encodeMember(name: string, value: unknown, shape: Shape): string {
  if (value === undefined || value === null) return '';
  if (typeof shape === 'string') {
    const scalarValue = value as string | number | boolean;
    return element(name, escapeXml(String(scalarValue)));
  }
  if ('structure' in shape) return element(name, encodeXml(value as Record<string, unknown>, shape.structure));
  if ('list' in shape) {
    const members = (value as unknown[]).map((item) => encodeMember(shape.as ?? 'member', item, shape.list)).join('');
    return shape.as === undefined ? element(name, members) : members;
  }
  const entries = Object.entries(value as Record<string, unknown>)
    .map(([key, item]) =>
      element(shape.as ?? 'entry', element(shape.key, escapeXml(key)) + encodeMember(shape.value, item, shape.map)),
    )
    .join('');
  return shape.as === undefined ? element(name, entries) : entries;
}

function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
};

/** A carriage return must be escaped too: an XML parser turns a bare one into a line feed and changes the message. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"\r]/g, (character) => ENTITIES[character] ?? character);
}
