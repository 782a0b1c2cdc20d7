/** A whole answer, not interpreted. */
export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case; of a repeated header the first. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** What a provider calls its error, where its answer says so. */
export interface ProviderFault {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/** @returns undefined when the text is not JSON: a page of a proxy, or half of an answer */
export function jsonOf({ text }: HttpAnswer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
