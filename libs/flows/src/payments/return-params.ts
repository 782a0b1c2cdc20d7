/** Webpay's tokens: 64 digits in lower case. Anything else never gets near a URL of theirs. */
export const WEBPAY_TOKEN = /^[0-9a-f]{64}$/;

export interface ReturnParams {
  readonly token_ws?: string | readonly string[] | undefined;
  readonly TBK_TOKEN?: string | readonly string[] | undefined;
  readonly TBK_ORDEN_COMPRA?: string | readonly string[] | undefined;
  readonly TBK_ID_SESION?: string | readonly string[] | undefined;
}

export const RETURN_KINDS = ['normal', 'recovered', 'aborted', 'timeout', 'invalid'] as const;

/**
 * How a payer came back, by which parameters there are and nothing else. They say what to ask Webpay; they decide nothing.
 *
 * - `normal`: the form was finished, with an approval or a refusal.   - `aborted`: "Anular compra y volver".
 * - `recovered`: a tab was restored; may come before or after a commit.   - `timeout`: the form, or an error of the bank.
 */
export type Returned =
  | { readonly kind: 'normal' | 'recovered'; readonly token: string }
  | { readonly kind: 'aborted'; readonly token: string; readonly buyOrder: string | undefined }
  | { readonly kind: 'timeout'; readonly buyOrder: string; readonly sessionId: string | undefined }
  | { readonly kind: 'invalid' };

const INVALID: Returned = { kind: 'invalid' };

/** @see https://www.transbankdevelopers.cl/documentacion/webpay-plus */
export function classifyReturn(params: ReturnParams): Returned {
  const given = [params.token_ws, params.TBK_TOKEN, params.TBK_ORDEN_COMPRA, params.TBK_ID_SESION].map(single);
  if (given.includes(null)) return INVALID;
  const [tokenWs, tbkToken, buyOrder, sessionId] = given as (string | undefined)[];
  for (const token of [tokenWs, tbkToken]) if (token !== undefined && !WEBPAY_TOKEN.test(token)) return INVALID;
  if (tokenWs !== undefined && tbkToken !== undefined)
    return tokenWs === tbkToken ? { kind: 'recovered', token: tokenWs } : INVALID;
  if (tokenWs !== undefined) return { kind: 'normal', token: tokenWs };
  if (tbkToken !== undefined) return { kind: 'aborted', token: tbkToken, buyOrder };
  return buyOrder === undefined ? INVALID : { kind: 'timeout', buyOrder, sessionId };
}

/** The one value; null when there are two that differ, or one that is too long to be anything of ours. */
function single(value: string | readonly string[] | undefined): string | null | undefined {
  const values = [...new Set(typeof value === 'string' ? [value] : (value ?? []))].filter((text) => text !== '');
  if (values.length > 1) return null;
  const [only] = values;
  return only !== undefined && only.length > 64 ? null : only;
}
