export interface PaymentType {
  readonly kind: 'debit' | 'prepaid' | 'credit';
  readonly instalments: boolean;
  /** For a payer's receipt, which has to name it. */
  readonly descripcion: string;
}

/** https://www.transbankdevelopers.cl/producto/webpay#tipos-de-pago */
export const PAYMENT_TYPES: Readonly<Record<string, PaymentType>> = {
  VD: { kind: 'debit', instalments: false, descripcion: 'Débito' },
  VP: { kind: 'prepaid', instalments: false, descripcion: 'Prepago' },
  VN: { kind: 'credit', instalments: false, descripcion: 'Crédito, sin cuotas' },
  VC: { kind: 'credit', instalments: true, descripcion: 'Crédito, cuotas del emisor' },
  SI: { kind: 'credit', instalments: true, descripcion: 'Crédito, 3 cuotas sin interés' },
  S2: { kind: 'credit', instalments: true, descripcion: 'Crédito, 2 cuotas sin interés' },
  NC: { kind: 'credit', instalments: true, descripcion: 'Crédito, cuotas sin interés' },
};

/** @returns undefined for a code that is not documented: nothing is concluded from it */
export function paymentTypeOf(code: string | undefined): PaymentType | undefined {
  return code !== undefined && Object.hasOwn(PAYMENT_TYPES, code) ? PAYMENT_TYPES[code] : undefined;
}

export function isDebitOrPrepaid(code: string | undefined): boolean {
  const kind = paymentTypeOf(code)?.kind;
  return kind === 'debit' || kind === 'prepaid';
}

export function isInstalments(code: string | undefined): boolean {
  return paymentTypeOf(code)?.instalments === true;
}
