import { HttpUnansweredError } from '@puente/integrations';
import { unknown } from '@puente/kernel';
import { z } from 'zod';
import { TRANSACTION_STATUSES } from './webpay.schemas';

/** What Transbank answers, as it writes it. It leaves fields out, or sends null, for as long as they mean nothing. */
const maybe = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? undefined);

const charge = {
  status: z.enum(TRANSACTION_STATUSES),
  amount: z.int().min(0),
  authorization_code: maybe(z.string()),
  payment_type_code: maybe(z.string()),
  response_code: maybe(z.int()),
  installments_number: maybe(z.int()),
  installments_amount: maybe(z.int()),
  balance: maybe(z.int().min(0)),
};

const card = {
  vci: maybe(z.string()),
  card_detail: maybe(z.object({ card_number: maybe(z.string()) })),
  accounting_date: maybe(z.string()),
  transaction_date: maybe(z.string()),
};

type WireCharge = z.output<z.ZodObject<typeof charge>>;
type WireCard = z.output<z.ZodObject<typeof card>>;

function ourCharge(wire: WireCharge) {
  return {
    status: wire.status,
    amount: wire.amount,
    authorizationCode: wire.authorization_code,
    paymentTypeCode: wire.payment_type_code,
    responseCode: wire.response_code,
    installmentsNumber: wire.installments_number,
    installmentsAmount: wire.installments_amount,
    balance: wire.balance,
  };
}

function ourCard(wire: WireCard) {
  return {
    vci: wire.vci,
    cardNumber: wire.card_detail?.card_number,
    accountingDate: wire.accounting_date,
    transactionDate: wire.transaction_date,
  };
}

export const WireTransaction = z
  .object({ buy_order: z.string().min(1), session_id: z.string(), ...charge, ...card })
  .transform((wire) => ({
    buyOrder: wire.buy_order,
    sessionId: wire.session_id,
    ...ourCharge(wire),
    ...ourCard(wire),
  }));

const WireChild = z
  .object({ commerce_code: z.string(), buy_order: z.string(), ...charge })
  .transform((wire) => ({ commerceCode: wire.commerce_code, buyOrder: wire.buy_order, ...ourCharge(wire) }));

export const WireMallTransaction = z
  .object({
    buy_order: z.string().min(1),
    session_id: maybe(z.string()),
    ...card,
    details: z.array(WireChild).min(1),
  })
  .transform((wire) => ({
    buyOrder: wire.buy_order,
    sessionId: wire.session_id,
    ...ourCard(wire),
    details: wire.details,
  }));

export const WireCreated = z.object({ token: z.string(), url: z.string() });

export const WireInscriptionStarted = z
  .object({ token: z.string(), url_webpay: z.string() })
  .transform(({ token, url_webpay: url }) => ({ token, url }));

/** A reversal says its type and nothing else; a nullification without a response code would be half an answer. */
export const WireRefunded = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('REVERSED') }),
    z.object({
      type: z.literal('NULLIFIED'),
      authorization_code: maybe(z.string()),
      authorization_date: maybe(z.string()),
      nullified_amount: maybe(z.int()),
      balance: maybe(z.int().min(0)),
      response_code: z.int(),
    }),
  ])
  .transform((wire) =>
    wire.type === 'REVERSED'
      ? { type: wire.type }
      : {
          type: wire.type,
          authorizationCode: wire.authorization_code,
          authorizationDate: wire.authorization_date,
          nullifiedAmount: wire.nullified_amount,
          balance: wire.balance,
          responseCode: wire.response_code,
        },
  );

export const WireCaptured = z
  .object({
    authorization_code: maybe(z.string()),
    authorization_date: maybe(z.string()),
    captured_amount: z.int(),
    response_code: z.int(),
  })
  .transform((wire) => ({
    capturedAmount: wire.captured_amount,
    authorizationCode: wire.authorization_code,
    authorizationDate: wire.authorization_date,
    responseCode: wire.response_code,
  }));

export const WireInscribed = z
  .object({
    response_code: z.int(),
    tbk_user: maybe(z.string()),
    authorization_code: maybe(z.string()),
    card_type: maybe(z.string()),
    card_number: maybe(z.string()),
  })
  .transform((wire) => ({
    responseCode: wire.response_code,
    tbkUser: wire.tbk_user,
    authorizationCode: wire.authorization_code,
    cardType: wire.card_type,
    cardNumber: wire.card_number,
  }));

/**
 * An answer of the shape that belongs to the question. The SDK hands on whatever came with a 200: a page of a proxy, an
 * empty text, half of an answer (S6).
 *
 * @throws {HttpUnansweredError} unknown(bad_body): what was asked for may well have happened
 */
export function answerOf<T extends z.ZodType>(schema: T, answer: unknown): z.output<T> {
  const parsed = schema.safeParse(answer, { reportInput: false });
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.join('.') || '(answer)'}: ${message}`);
  throw new HttpUnansweredError(unknown('bad_body', { code: 'ANSWER_MISMATCH', message: where.join('; ') }));
}
