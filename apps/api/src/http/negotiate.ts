/**
 * Which of the offered media types an `Accept` header wants (RFC 9110 §12.5.1): the highest quality, then the most
 * specific range, then the order of the offer. Without a header the first one; undefined when none will do.
 */
export function negotiate<Type extends string>(accept: string | undefined, offered: readonly Type[]): Type | undefined {
  if (accept === undefined || accept.trim() === '') return offered[0];
  const ranges = accept.slice(0, 1_000).split(',').map(range);
  const ranked = offered
    .map((type) => ({ type, quality: quality(type, ranges) }))
    .filter(({ quality: value }) => value > 0);
  return ranked.sort((a, b) => b.quality - a.quality)[0]?.type;
}

interface Range {
  readonly type: string;
  readonly quality: number;
}

function range(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  const number = weight === undefined ? 1 : Number(weight);
  return { type, quality: number >= 0 && number <= 1 ? number : 0 };
}

/** The most specific range that names the type decides: an explicit `q=0` wins over a wildcard. */
function quality(type: string, ranges: readonly Range[]): number {
  const [group = ''] = type.split('/');
  const wildcards = [type, `${group}/*`, '*/*'];
  const match = wildcards
    .map((wanted) => ranges.find((each) => each.type === wanted))
    .find((each) => each !== undefined);
  return match?.quality ?? 0;
}
