/** What a card is to Webpay: decides `payment_type_code` and what may be refunded. */
export type CardKind = 'credit' | 'debit' | 'prepaid';

export interface TestCard {
  readonly brand: string;
  readonly number: string;
  readonly cvv?: string;
  readonly kind: CardKind;
  readonly approved: boolean;
}

export const visa: TestCard = { brand: 'VISA', number: '4051885600446623', cvv: '123', kind: 'credit', approved: true };
export const rejectedCard: TestCard = {
  brand: 'MASTERCARD',
  number: '5186059559590568',
  cvv: '123',
  kind: 'credit',
  approved: false,
};

/** The cards Transbank publishes for its integration environment. https://www.transbankdevelopers.cl/documentacion/como_empezar#tarjetas-de-prueba */
export const testCards: readonly TestCard[] = [
  visa,
  { brand: 'AMEX', number: '370000000002032', cvv: '1234', kind: 'credit', approved: true },
  rejectedCard,
  { brand: 'Redcompra', number: '4051884239937763', kind: 'debit', approved: true },
  { brand: 'Redcompra', number: '4511346660037060', kind: 'debit', approved: true },
  { brand: 'Redcompra', number: '5186008541233829', kind: 'debit', approved: false },
  { brand: 'Prepago VISA', number: '4051886000056590', cvv: '123', kind: 'prepaid', approved: true },
  { brand: 'Prepago MASTERCARD', number: '5186174110629480', cvv: '123', kind: 'prepaid', approved: false },
];

/** Who pays at the stand-in's bank. */
export const bankUser = { rut: '11.111.111-1', password: '123' } as const;

/** The published card of this number, however it is spaced. */
export function cardOf(number: string): TestCard | undefined {
  const digits = number.replace(/\D/g, '');
  return testCards.find((card) => card.number === digits);
}

/**
 * Debit VD, prepaid VP, credit VN without instalments. Of those with instalments two and three are without interest (S2,
 * SI), four to six too (NC), more are the issuer's (VC).
 */
export function paymentTypeOf(kind: CardKind, installments: number): string {
  if (kind !== 'credit') return kind === 'debit' ? 'VD' : 'VP';
  if (installments < 2) return 'VN';
  if (installments <= 3) return installments === 2 ? 'S2' : 'SI';
  return installments <= 6 ? 'NC' : 'VC';
}
