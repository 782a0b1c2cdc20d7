import type { JsonValue } from '@puente/kernel';
import { MAX_EXCERPT, printable } from './printable';

const MASK = '[secret]';

/** Below this a value is too common a piece of text: masking it would hide words and protect nothing. */
const SHORTEST_SECRET = 4;
/** Whole log lines and answers hold our own words as well, so that only values which cannot be words are replaced. */
const SHORTEST_IN_LINES = 8;
const SHORTEST_IN_OUTPUT = 16;

/** What masks the secrets of a call. */
export interface Redaction {
  /** A provider's text as it may be kept: secrets masked, unprintable characters gone, at most `max` characters. */
  clean(text: string, max?: number): string;
  /** A provider's answer as it may be kept: strings that contain a secret of this call are masked, the rest is as it was. */
  maskOutput<T extends JsonValue | undefined>(output: T): T;
}

/** Held: until it is released, each log line of the process is searched for its secrets. */
export interface HeldRedaction extends Redaction {
  release(): void;
}

/**
 * The same secrets for many calls, side by side: looked at once, and searched for in log lines while somebody holds them.
 * Each `hold` needs its one `release`.
 */
export interface SharedRedaction extends HeldRedaction {
  hold(): void;
}

/**
 * Replaces secrets by value, wherever a provider echoes them: a list of field names cannot know them all. A call holds
 * its secrets here from the moment they are revealed until the provider's code has ended; meanwhile every log line of
 * the process is searched for them too.
 */
export class Redactor {
  /** Value → how many calls hold it. */
  private readonly live = new Map<string, number>();

  /** For one call: release it when the provider's code has ended. */
  hold(secrets: Iterable<string>): HeldRedaction {
    const redaction = this.share(secrets);
    redaction.hold();
    return redaction;
  }

  /** For a client that serves many calls: to look at its secrets for each of them cost more than the calls. */
  share(secrets: Iterable<string>): SharedRedaction {
    const values = [...new Set(secrets)].filter((value) => value.length >= SHORTEST_SECRET);
    const inLines = values.filter((value) => value.length >= SHORTEST_IN_LINES).flatMap(asPrinted);
    const masks = new Masks(values);
    let holders = 0;
    return {
      clean: (text, max) => masks.clean(text, max),
      maskOutput: (output) => masks.output(output),
      hold: () => {
        if (holders++ === 0) for (const form of inLines) this.live.set(form, (this.live.get(form) ?? 0) + 1);
      },
      release: () => {
        if (holders > 0 && --holders === 0) for (const form of inLines) this.letGo(form);
      },
    };
  }

  /** One finished log line, without the secrets of any call that runs now. Cheap when none does. */
  maskLine(line: string): string {
    let masked = line;
    for (const form of this.live.keys()) if (masked.includes(form)) masked = masked.replaceAll(form, MASK);
    return masked;
  }

  private letGo(form: string): void {
    const holders = (this.live.get(form) ?? 1) - 1;
    if (holders === 0) this.live.delete(form);
    else this.live.set(form, holders);
  }
}

/** The patterns of one call, compiled when something first has to be cleaned: most calls succeed and never do. */
class Masks {
  private text: RegExp | undefined;
  private long: readonly string[] | undefined;

  constructor(private readonly values: readonly string[]) {}

  clean(text: string, max: number = MAX_EXCERPT): string {
    this.text ??= anyOf(this.values.flatMap(spellings));
    // Twice: stripping can join what was apart, and a secret may itself contain what is stripped.
    const once = printable(text.replace(this.text, MASK), Number.MAX_SAFE_INTEGER);
    return printable(once.replace(this.text, MASK), max);
  }

  output<T extends JsonValue | undefined>(output: T): T {
    this.long ??= this.values.filter((value) => value.length >= SHORTEST_IN_OUTPUT);
    const { long } = this;
    if (!holdsAny(output, long)) return output;
    return mapStrings(output, (text) => long.reduce((masked, value) => masked.replaceAll(value, MASK), text)) as T;
  }
}

/** How a value can look inside a JSON line. */
function asPrinted(value: string): string[] {
  return [...new Set([value, inJson(value), encodeURIComponent(value), Buffer.from(value).toString('base64')])];
}

/** Every way in which software is known to write a value into a message. */
function spellings(value: string): string[] {
  const lines = value.split(/\r?\n/).filter((line) => line.length >= SHORTEST_IN_OUTPUT); // of a PEM block
  return [
    ...new Set([
      value,
      printable(value, Number.MAX_SAFE_INTEGER),
      ...lines,
      inJson(value),
      inJson(value).replaceAll('/', '\\/'),
      encodeURIComponent(value),
      value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
      ...base64Cores(value),
      Buffer.from(value).toString('hex'),
    ]),
  ].filter((form) => form.length >= SHORTEST_SECRET);
}

/**
 * The base64 characters that depend on the value alone, for each of the three ways it can lie inside something longer
 * that was encoded as a whole, such as `user:password`.
 */
function base64Cores(value: string): string[] {
  const bytes = Buffer.from(value);
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const whole = Math.floor(((offset + bytes.length) * 8) / 6);
    const core = encoded.slice(Math.ceil((offset * 8) / 6), whole);
    return core.length < SHORTEST_IN_LINES ? [] : [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

function inJson(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

/** Longest first, so that a secret which contains another is masked as a whole. Matches nothing when there are none. */
function anyOf(forms: readonly string[]): RegExp {
  const sorted = [...new Set(forms)].sort((a, b) => b.length - a.length);
  const source = sorted.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|');
  return new RegExp(source === '' ? '(?!)' : source, 'gi');
}

/** Nearly always false, and then nothing is copied. */
function holdsAny(value: JsonValue | undefined, texts: readonly string[]): boolean {
  if (typeof value === 'string') return texts.some((text) => value.includes(text));
  if (typeof value !== 'object' || value === null || texts.length === 0) return false;
  return Object.values(value).some((item: JsonValue | undefined) => holdsAny(item, texts));
}

function mapStrings(value: JsonValue | undefined, map: (text: string) => string): JsonValue | undefined {
  if (typeof value === 'string') return map(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: JsonValue) => mapStrings(item, map) ?? null);
  // A field that is undefined stays away, as it does in JSON: null would be another answer.
  const entries = Object.entries(value as Record<string, JsonValue | undefined>).filter(
    ([, item]) => item !== undefined,
  );
  return Object.fromEntries(entries.map(([key, item]) => [key, mapStrings(item, map) ?? null]));
}

/** The texts and numbers inside a bundle of secrets, however deep: what a {@link Redactor} is given to hold. */
export function secretTexts(secrets: unknown): string[] {
  if (typeof secrets === 'string') return [secrets];
  if (typeof secrets === 'number' || typeof secrets === 'bigint') return [String(secrets)];
  if (typeof secrets !== 'object' || secrets === null) return [];
  return Object.values(secrets).flatMap(secretTexts);
}
