/** Deeper values overflow the stack of whoever walks them; parsing alone would not notice. */
const MAX_DEPTH = 100;

/**
 * What a function's answer means: parsed where that changes nothing, else the text itself. A rounded account number would
 * be another account's.
 */
export function answerValue(text: string): unknown {
  if (text === '') return null;
  try {
    const value = JSON.parse(text) as unknown;
    return survivesParsing(text) ? value : text;
  } catch {
    return text;
  }
}

/** Whether valid JSON has neither whole numbers beyond ±(2^53 − 1) nor too many levels. One pass over long texts too. */
function survivesParsing(json: string): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at += 1) {
    const character = json.charAt(at);
    if (character === '"') at = endOfString(json, at);
    else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > MAX_DEPTH) return false;
    } else if (character === '}' || character === ']') depth -= 1;
    else if (character === '-' || isDigit(character)) {
      const number = numberAt(json, at);
      if (losesDigits(number)) return false;
      at += number.length - 1;
    }
  }
  return true;
}

function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json.charAt(at) !== '"') at += json.charAt(at) === '\\' ? 2 : 1;
  return at;
}

function numberAt(json: string, start: number): string {
  let end = start + 1;
  while (isDigit(json.charAt(end)) || '.eE+-'.includes(json.charAt(end) || ' ')) end += 1;
  return json.slice(start, end);
}

function losesDigits(number: string): boolean {
  return /^-?\d+$/.test(number) && !Number.isSafeInteger(Number(number));
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9';
}
