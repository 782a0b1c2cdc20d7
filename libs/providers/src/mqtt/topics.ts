const MAX_BYTES = 1_024;
const MAX_LEVELS = 100;
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const UNFIT = /[\u0000-\u001f\u007f-\u009f]|\p{Cs}/u;

/** @returns why nothing can be published to this topic; undefined when it can (MQTT 3.1.1 §4.7) */
export function topicProblem(topic: string): string | undefined {
  if (/[+#]/.test(topic)) return 'must not have the wildcards + and #';
  return nameProblem(topic);
}

/** @returns why this is no topic filter; undefined when it is one */
export function filterProblem(filter: string): string | undefined {
  const levels = filter.split('/');
  const isMisplaced = levels.some(
    (level, at) => (level.length > 1 && /[+#]/.test(level)) || (level === '#' && at < levels.length - 1),
  );
  return isMisplaced ? 'has a wildcard that is not a level of its own, or levels behind #' : nameProblem(filter);
}

function nameProblem(name: string): string | undefined {
  if (name === '') return 'must not be empty';
  if (UNFIT.test(name)) return 'must not have control characters';
  if (/^\$(?:SYS|share)(?:\/|$)/.test(name)) return 'belongs to the broker';
  if (Buffer.byteLength(name) > MAX_BYTES) return `is longer than ${String(MAX_BYTES)} bytes`;
  return name.split('/').length > MAX_LEVELS ? `has more than ${String(MAX_LEVELS)} levels` : undefined;
}

/** Whether a topic fits a filter, by the rules of MQTT 3.1.1 §4.7. */
export function fits(topic: string, filter: string): boolean {
  const [names, wanted] = [topic.split('/'), filter.split('/')];
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  for (const [at, level] of wanted.entries()) {
    if (level === '#') return true;
    if (at >= names.length || (level !== '+' && level !== names[at])) return false;
  }
  return names.length === wanted.length;
}
