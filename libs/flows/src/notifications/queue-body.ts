/** What a producer writes into the queue (S1.1). `event` is our own addition. */
export interface QueueBody {
  readonly sns_topic: string;
  readonly subject: string;
  readonly message: string;
  readonly event?: string | undefined;
}

/**
 * The body as Python's `json.dumps` writes it: these fields in this order, a space after `:` and `,`, and every character
 * outside printable ASCII as `\uXXXX`. So a notification that comes by REST has the same bytes, and the same MD5, as the
 * one a script sends, and the queue recognises the pair as one (S1.2). ASCII also fits whatever SQS allows in a body.
 */
export function queueBody({ sns_topic, subject, message, event }: QueueBody): string {
  const fields = Object.entries({ sns_topic, subject, message, ...(event === undefined ? {} : { event }) });
  return `{${fields.map(([name, text]) => `${pythonString(name)}: ${pythonString(text)}`).join(', ')}}`;
}

function pythonString(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
