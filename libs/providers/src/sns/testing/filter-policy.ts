import { invalidParameter } from './sns-wire.errors';
import type { MessageAttributes } from './sns-wire.schemas';

type Condition = string | number | boolean | null | Readonly<Record<string, unknown>>;
interface Policy {
  readonly [key: string]: readonly Condition[] | Policy;
}

const OPERATORS = ['exists', 'prefix', 'suffix', 'equals-ignore-case', 'anything-but', 'numeric'];

/** @throws AwsError for a policy that is no JSON object of lists, or uses an operator we would not honour. */
export function assertFilterPolicy(text: string): void {
  const policy = parse(text);
  if (!policy) throw invalidParameter('FilterPolicy: failed to parse JSON.');
  assertLevel(policy);
}

function assertLevel(policy: Policy): void {
  for (const [key, value] of Object.entries(policy)) {
    if (!isList(value)) {
      if (typeof value !== 'object') throw invalidParameter(`FilterPolicy: "${key}" must be an object or an array`);
      assertLevel(value);
      continue;
    }
    for (const condition of value) {
      if (typeof condition !== 'object' || condition === null) continue;
      const unknown = Object.keys(condition).find((operator) => !OPERATORS.includes(operator));
      if (unknown !== undefined) throw invalidParameter(`FilterPolicy: Unrecognized match type ${unknown}`);
    }
  }
}

/**
 * Whether a subscription wants a message. All keys must match, one condition each.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 */
export function wants(
  subscription: Readonly<Record<string, string>>,
  message: { readonly body: string; readonly attributes: MessageAttributes | undefined },
): boolean {
  const text = subscription.FilterPolicy;
  if (!text) return true;
  const policy = parse(text);
  if (!policy) return true;
  if (subscription.FilterPolicyScope !== 'MessageBody') return matches(policy, attributeValues(message.attributes));
  const body = parse(message.body);
  return body !== undefined && matches(policy, body);
}

function attributeValues(attributes: MessageAttributes | undefined): Record<string, unknown> {
  const entries = Object.entries(attributes ?? {}).map(([name, { DataType, StringValue }]): [string, unknown] => {
    if (DataType === 'Number') return [name, Number(StringValue)];
    if (DataType === 'String.Array') return [name, parseList(StringValue ?? '')];
    return [name, StringValue];
  });
  return Object.fromEntries(entries);
}

function matches(policy: Policy, values: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(policy).every(([key, rule]) => {
    const value = values[key];
    if (!isList(rule))
      return typeof value === 'object' && value !== null && matches(rule, value as Record<string, unknown>);
    const candidates: unknown[] = Array.isArray(value) ? value : [value];
    return rule.some((condition) => candidates.some((candidate) => holds(condition, candidate)));
  });
}

function holds(condition: Condition, value: unknown): boolean {
  if (typeof condition !== 'object' || condition === null) return condition === value;
  return Object.entries(condition).every(([operator, operand]) => operatorHolds(operator, operand, value));
}

function operatorHolds(operator: string, operand: unknown, value: unknown): boolean {
  if (operator === 'exists') return operand === (value !== undefined);
  if (value === undefined) return false;
  switch (operator) {
    case 'prefix':
      return typeof value === 'string' && typeof operand === 'string' && value.startsWith(operand);
    case 'suffix':
      return typeof value === 'string' && typeof operand === 'string' && value.endsWith(operand);
    case 'equals-ignore-case':
      return typeof value === 'string' && typeof operand === 'string' && value.toLowerCase() === operand.toLowerCase();
    case 'anything-but':
      return ![operand].flat().some((other) => holds(other as Condition, value));
    case 'numeric':
      return typeof value === 'number' && Array.isArray(operand) && inRange(operand, value);
    default:
      return false;
  }
}

/** `['>=', 1, '<', 10]` */
function inRange(comparisons: readonly unknown[], value: number): boolean {
  for (let index = 0; index < comparisons.length; index += 2) {
    if (!compare(comparisons[index], value, Number(comparisons[index + 1]))) return false;
  }
  return true;
}

function compare(sign: unknown, value: number, bound: number): boolean {
  if (sign === '=') return value === bound;
  if (sign === '<') return value < bound;
  if (sign === '<=') return value <= bound;
  if (sign === '>') return value > bound;
  return sign === '>=' && value >= bound;
}

function isList(value: readonly Condition[] | Policy): value is readonly Condition[] {
  return Array.isArray(value);
}

function parse(text: string): Policy | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Policy) : undefined;
  } catch {
    return undefined;
  }
}

function parseList(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [value];
  } catch {
    return [text];
  }
}
