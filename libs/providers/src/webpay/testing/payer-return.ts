/** The request with which the payer's browser comes back to the shop. */
export interface PayerReturn {
  readonly method: 'GET' | 'POST';
  /** For a GET with its parameters, for a POST without: they are its body, urlencoded. */
  readonly url: string;
  readonly params: Readonly<Record<string, string>>;
  /** Whether the browser itself comes twice. */
  readonly twice: boolean;
}

/** A return_url with parameters of its own keeps them. */
export function payerReturn(
  method: 'GET' | 'POST',
  returnUrl: string,
  params: Readonly<Record<string, string>>,
  twice = false,
): PayerReturn {
  if (method === 'POST') return { method, url: returnUrl, params, twice };
  const url = new URL(returnUrl);
  for (const [name, value] of Object.entries(params)) url.searchParams.append(name, value);
  return { method, url: url.href, params, twice };
}
