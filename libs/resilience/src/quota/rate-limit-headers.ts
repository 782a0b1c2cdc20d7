/** What an answer says about one of the provider's quotas. */
export interface AnsweredQuota {
  readonly limit?: number | undefined;
  readonly remaining: number;
  readonly resetsInMs?: number | undefined;
  /** Length of its window, where the policy says so. */
  readonly windowMs?: number | undefined;
}

export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Fields of a provider that has names of its own; in lower case. */
export interface LimitFields {
  readonly limit?: string;
  readonly remaining: string;
  readonly reset?: string;
}

/** Years and decades are mistakes; the longest window that providers count in is a month. */
const LONGEST_RESET_MS = 31 * 86_400_000;
/** Whether a number is a moment or a span: no quota lasts for thirty years, and no clock stands before 2001. */
const EPOCH_S = 1e9;
const EPOCH_MS = 1e12;

const CUSTOMARY: LimitFields = {
  limit: 'x-ratelimit-limit',
  remaining: 'x-ratelimit-remaining',
  reset: 'x-ratelimit-reset',
};
/** Drafts 00 to 06 of the IETF's rate limit fields. */
const DRAFT: LimitFields = { limit: 'ratelimit-limit', remaining: 'ratelimit-remaining', reset: 'ratelimit-reset' };

/**
 * What the provider says about its limits in an answer's header. Pure and total: what cannot be read is not there.
 *
 * - `RateLimit` and `RateLimit-Policy`, as structured fields (`"default";r=50;t=30`) and as in the drafts before them
 *   (`limit=100, remaining=50, reset=30`, and one field each): https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 * - `X-RateLimit-Limit`, `-Remaining`, `-Reset`, the reset in seconds from now or as a Unix time in seconds or
 *   milliseconds, against the answer's own `Date`, so that the difference between two clocks does not count.
 *
 * @param fields the provider's own names, instead of the customary ones
 */
export function readRateLimits(
  headers: AnswerHeaders,
  fields: LimitFields = CUSTOMARY,
  now: () => number = Date.now,
): readonly AnsweredQuota[] {
  const own = threeFields(headers, fields, now);
  if (own) return [own];
  const standard = text(headers, 'ratelimit');
  if (standard !== undefined) return standardField(standard, text(headers, 'ratelimit-policy'));
  const draft = threeFields(headers, DRAFT, now);
  return draft ? [draft] : [];
}

function threeFields(headers: AnswerHeaders, fields: LimitFields, now: () => number): AnsweredQuota | undefined {
  const remaining = count(text(headers, fields.remaining));
  if (remaining === undefined) return undefined;
  const reset = fields.reset === undefined ? undefined : text(headers, fields.reset);
  return {
    remaining,
    limit: fields.limit === undefined ? undefined : count(text(headers, fields.limit)),
    resetsInMs: reset === undefined ? undefined : untilReset(reset, text(headers, 'date'), now),
  };
}

/** A list of quotas by name, whose policies, with quota and window, may stand in the other field. */
function standardField(field: string, policyField = ''): AnsweredQuota[] {
  if (/(^|[,;\s])remaining\s*=/i.test(field)) return draft07(field, policyField);
  const policies = members(policyField);
  return members(field).flatMap(({ name, parameters }) => {
    const remaining = count(parameters.get('r'));
    if (remaining === undefined) return [];
    const policy = policies.find((each) => each.name === name)?.parameters;
    return [
      {
        remaining,
        limit: count(policy?.get('q')),
        resetsInMs: span(parameters.get('t')),
        windowMs: span(policy?.get('w')),
      },
    ];
  });
}

/** Draft 07: one quota, spelt out; its policy is the one with the same limit (`100;w=60`). */
function draft07(field: string, policyField: string): AnsweredQuota[] {
  const said = new Map(
    field.split(/[,;]/).map((part) => {
      const [name = '', value = ''] = part.split('=');
      return [name.trim().toLowerCase(), value.trim()];
    }),
  );
  const remaining = count(said.get('remaining'));
  if (remaining === undefined) return [];
  const limit = count(said.get('limit'));
  const policy = members(policyField).find(({ name }) => count(name) === limit)?.parameters;
  return [{ remaining, limit, resetsInMs: span(said.get('reset')), windowMs: span(policy?.get('w')) }];
}

/** The members of a structured list: `"name";r=50;t=30, "other";r=1`. Names here contain neither commas nor semicolons. */
function members(field: string): { name: string; parameters: ReadonlyMap<string, string> }[] {
  return field.split(',').flatMap((member) => {
    const [name = '', ...rest] = member.split(';').map((part) => part.trim());
    if (name === '') return [];
    const parameters = rest.map((part): [string, string] => {
      const [key = '', value = ''] = part.split('=');
      return [key.trim().toLowerCase(), value.trim()];
    });
    return [{ name: name.replace(/^"|"$/g, ''), parameters: new Map(parameters) }];
  });
}

function untilReset(value: string, answered: string | undefined, now: () => number): number | undefined {
  const given = decimal(value);
  if (given === undefined) return undefined;
  if (given < EPOCH_S) return within(given * 1_000);
  const at = given < EPOCH_MS ? given * 1_000 : given;
  const reference = answered === undefined ? Number.NaN : Date.parse(answered);
  return within(at - (Number.isNaN(reference) ? now() : reference));
}

/** Seconds of a structured field. */
function span(value: string | undefined): number | undefined {
  const seconds = decimal(value);
  return seconds === undefined ? undefined : within(seconds * 1_000);
}

function within(ms: number): number | undefined {
  return ms > LONGEST_RESET_MS ? undefined : Math.max(0, Math.ceil(ms));
}

/** `100`, and the first number of `100, 100;window=60`. What is below nothing is nothing. */
function count(value: string | undefined): number | undefined {
  const given = decimal(value?.split(/[,;]/, 1)[0]);
  return given === undefined ? undefined : Math.max(0, Math.floor(given));
}

function decimal(value: string | undefined): number | undefined {
  const given = value?.trim() ?? '';
  return /^-?\d{1,15}(\.\d{1,9})?$/.test(given) ? Number(given) : undefined;
}

function text(headers: AnswerHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
