import { LARGEST_MESSAGE, QueueFields } from './notifications.schemas';

export interface ParsedMessage {
  readonly topic: string;
  readonly subject: string;
  readonly message: string;
  readonly event: string | undefined;
}

export type Parsed =
  | { readonly ok: true; readonly value: ParsedMessage }
  /** Says what is wrong, for people; nothing of the message's content is in it. */
  | { readonly ok: false; readonly reason: string };

/** Reads the body of a queue message as anybody may have written it (S1.1). */
export function parseMessage(body: string): Parsed {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return bad('the body is not JSON');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return bad('the body is not a JSON object');
  const fields = QueueFields.safeParse(json, { reportInput: false });
  if (!fields.success) return bad(fields.error.issues.map(problem).join('; '));
  const { sns_topic: topic, subject, message, event } = fields.data;
  if (Buffer.byteLength(message, 'utf8') > LARGEST_MESSAGE)
    return bad(`message: too large, SNS takes at most ${String(LARGEST_MESSAGE)} bytes`);
  return { ok: true, value: { topic, subject, message, event: event ?? undefined } };
}

function problem({ path, message, code }: { path: PropertyKey[]; message: string; code: string }): string {
  const missing = code === 'invalid_type' && message.includes('received undefined');
  return `${path.join('.')}: ${missing ? 'is missing' : message}`;
}

function bad(reason: string): Parsed {
  return { ok: false, reason };
}
