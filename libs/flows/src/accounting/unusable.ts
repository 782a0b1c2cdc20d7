/**
 * Why a message cannot become an entry, for people: a value, so that a batch goes on with the others. Names fields; the
 * content of the message is never in it.
 */
export class Unusable {
  constructor(
    readonly problem: string,
    /** Dotted path of the field that it is about. */
    readonly path = '',
  ) {}
}

export function isUsable<T>(one: T | Unusable): one is T {
  return !(one instanceof Unusable);
}
