import { z } from 'zod';
import { accountProblem, ENVIRONMENTS } from './environment';

/** https://www.transbankdevelopers.cl/referencia/webpay */

const CommerceCode = z
  .string()
  .regex(/^\d{12}$/, 'expected the 12 digits of a commerce code')
  .meta({ examples: ['597055555532'] });

export const WebpaySecrets = z.strictObject({
  apiKey: z
    .string()
    .regex(/^[\x21-\x7e]{16,256}$/, 'expected the API key as Transbank gave it, without blanks')
    .meta({ description: 'Tbk-Api-Key-Secret.' }),
});

export type WebpaySecrets = z.output<typeof WebpaySecrets>;

export const PRODUCTS = ['plus', 'mall', 'oneclick'] as const;
export type WebpayProduct = (typeof PRODUCTS)[number];

export const WebpayConfig = z
  .strictObject({
    commerceCode: CommerceCode.meta({ description: 'Tbk-Api-Key-Id; of a mall, the code of the mall itself.' }),
    environment: z
      .enum(ENVIRONMENTS)
      .meta({ description: 'Which of Transbank’s environments the credentials are of.' }),
    host: z
      .url({ protocol: /^https?$/, error: 'expected an https URL' })
      .max(200)
      .refine(isBase, 'must not carry user information, a query or a fragment')
      .optional()
      .meta({ description: 'Address in place of Transbank’s own: a stand-in, or a gateway of yours.' }),
    product: z
      .enum(PRODUCTS)
      .optional()
      .meta({ description: 'What the commerce code was made for. Each has its own operations. Left out: plus.' }),
    childCommerceCodes: z
      .array(CommerceCode)
      .max(200)
      .optional()
      .meta({ description: 'Of a mall and of Oneclick: the shops that may be charged for. Left out: any.' }),
  })
  .superRefine((config, context) => {
    const message = accountProblem(config);
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['environment'], message });
  });

export type WebpayConfig = z.output<typeof WebpayConfig>;

function isBase(text: string): boolean {
  if (!URL.canParse(text)) return true;
  const { username, password, search, hash } = new URL(text);
  return [username, password, search, hash].every((part) => part === '');
}

/**
 * The SDK pastes a token into the path as it is, and `token_ws` comes from a browser: what does not look like one is
 * refused before anything is called (T24). Documented: 64 characters; all that were ever published are lowercase hex.
 */
export const Token = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected a token: 64 lowercase hexadecimal digits')
  .meta({ examples: ['01ab5218d2d0a1b8a1b1d6c7e1bd4d0f8f1e0b6f6a3b4c1d2e3f405162738495'] });

export const TokenRef = z.strictObject({ token: Token });
export type TokenRef = z.output<typeof TokenRef>;

/** Letters, digits and the signs Transbank lists; no blank, no semicolon, no accent. */
export const BuyOrder = z
  .string()
  .regex(/^[A-Za-z0-9|_=&%.,~:/?[+!@()>-]{1,26}$/, 'expected 1 to 26 letters, digits and |_=&%.,~:/?[+!@()>-')
  .meta({ description: 'Of the merchant, unique for every attempt.', examples: ['req-8f14e45f-01'] });

/** The SDK pastes this one into the path as well. */
const PathBuyOrder = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,26}$/, 'expected 1 to 26 letters, digits, hyphens and underscores')
  .meta({ description: 'Of the merchant, unique for every charge.', examples: ['oc-8f14e45f-01'] });

/** Chilean pesos have no cents. Zero, fractions, texts and NaN would all be sent by the SDK. */
export const Clp = z
  .int()
  .min(1)
  .meta({ description: 'Chilean pesos, whole.', examples: [10_000] });
/** Documented: 10 digits for a child. */
const ChildClp = Clp.max(9_999_999_999);

const ReturnUrl = z
  .url({ protocol: /^https?$/, error: 'expected an http or https URL' })
  .max(255)
  .refine((text) => !URL.canParse(text) || new URL(text).hash === '', 'must not carry a fragment')
  .meta({ description: 'Where the payer comes back to. https in production.' });

const SessionId = z
  .string()
  .regex(/^[\x21-\x7e]{1,61}$/, 'expected 1 to 61 visible characters')
  .meta({ description: 'Of the merchant. Random, so that a forged return is known by it.' });

export const CreateTransaction = z.strictObject({
  buyOrder: BuyOrder,
  sessionId: SessionId,
  amount: Clp,
  returnUrl: ReturnUrl,
});
export type CreateTransaction = z.output<typeof CreateTransaction>;

export const Created = z.object({
  token: Token,
  url: z.url().meta({ description: 'Payment page: POST it the token as `token_ws`, or add `?token_ws=`.' }),
});
export type Created = z.output<typeof Created>;

export const TRANSACTION_STATUSES = [
  ...(['INITIALIZED', 'AUTHORIZED', 'FAILED', 'CAPTURED'] as const),
  ...(['REVERSED', 'NULLIFIED', 'PARTIALLY_NULLIFIED'] as const),
] as const;
export type TransactionStatus = (typeof TRANSACTION_STATUSES)[number];

/** What Webpay says of one charge, and may leave out as long as nobody has paid. */
const charge = {
  status: z.enum(TRANSACTION_STATUSES),
  amount: z.int().min(0).meta({ description: 'Chilean pesos.' }),
  authorizationCode: z.string().optional(),
  paymentTypeCode: z.string().optional().meta({ description: 'VD debit, VP prepaid, VN, VC, SI, S2, NC credit.' }),
  responseCode: z.int().optional().meta({ description: '0 is necessary for an approval, and never enough.' }),
  installmentsNumber: z.int().optional(),
  installmentsAmount: z.int().optional(),
  balance: z.int().min(0).optional().meta({ description: 'What is left after nullifications.' }),
};

const card = {
  vci: z.string().optional().meta({ description: 'How the payer was authenticated. Nothing is decided by it.' }),
  cardNumber: z.string().optional().meta({ description: 'The last four digits.' }),
  accountingDate: z.string().optional().meta({ description: 'MMDD.' }),
  transactionDate: z.string().optional().meta({ description: 'When it was created, not when it was paid.' }),
};

/** A transaction of Webpay Plus. What it means is for `verdictOf` to say. */
export const Transaction = z.object({ buyOrder: z.string(), sessionId: z.string(), ...charge, ...card });
export type Transaction = z.output<typeof Transaction>;

/** A charge for one shop of a mall. */
export const ChildCharge = z.object({ commerceCode: z.string(), buyOrder: z.string(), ...charge });
export type ChildCharge = z.output<typeof ChildCharge>;

export const MallTransaction = z.object({
  buyOrder: z.string(),
  sessionId: z.string().optional(),
  ...card,
  details: z.array(ChildCharge).min(1),
});
export type MallTransaction = z.output<typeof MallTransaction>;

/** What could be refunded before this refund: by it a refund whose answer was lost is found again, or not. */
const BalanceBefore = z.int().min(1).meta({
  description: 'What was left to refund before this refund. Who asks afterwards compares with it.',
});

export const RefundTransaction = z
  .strictObject({ token: Token, amount: Clp, balanceBefore: BalanceBefore })
  .refine(withinBalance, { path: ['amount'], error: 'is more than balanceBefore' });
export type RefundTransaction = z.output<typeof RefundTransaction>;

function withinBalance({ amount, balanceBefore }: { amount: number; balanceBefore: number }): boolean {
  return amount <= balanceBefore;
}

export const Refunded = z.object({
  type: z.enum(['REVERSED', 'NULLIFIED']).meta({ description: 'Webpay decides. A reversal has no further data.' }),
  authorizationCode: z.string().optional(),
  authorizationDate: z.string().optional(),
  nullifiedAmount: z.int().optional(),
  balance: z.int().min(0).optional(),
  responseCode: z.int().optional(),
});
export type Refunded = z.output<typeof Refunded>;

const AuthorizationCode = z.string().regex(/^[0-9A-Za-z]{1,6}$/, 'expected 1 to 6 letters and digits');

export const CaptureTransaction = z.strictObject({
  token: Token,
  buyOrder: BuyOrder,
  authorizationCode: AuthorizationCode,
  amount: Clp,
});
export type CaptureTransaction = z.output<typeof CaptureTransaction>;

export const Captured = z.object({
  capturedAmount: z.int(),
  authorizationCode: z.string().optional(),
  authorizationDate: z.string().optional(),
  responseCode: z.int().optional(),
});
export type Captured = z.output<typeof Captured>;

export const ChildOrder = z.strictObject({ commerceCode: CommerceCode, buyOrder: BuyOrder, amount: ChildClp });

export const CreateMallTransaction = z.strictObject({
  buyOrder: BuyOrder,
  sessionId: SessionId,
  returnUrl: ReturnUrl,
  details: z.array(ChildOrder).min(1).max(200),
});
export type CreateMallTransaction = z.output<typeof CreateMallTransaction>;

const child = { childCommerceCode: CommerceCode, childBuyOrder: BuyOrder };

export const RefundMallTransaction = z
  .strictObject({ token: Token, ...child, amount: ChildClp, balanceBefore: BalanceBefore })
  .refine(withinBalance, { path: ['amount'], error: 'is more than balanceBefore' });
export type RefundMallTransaction = z.output<typeof RefundMallTransaction>;

export const CaptureMallTransaction = z.strictObject({
  token: Token,
  ...child,
  authorizationCode: AuthorizationCode,
  amount: ChildClp,
});
export type CaptureMallTransaction = z.output<typeof CaptureMallTransaction>;

/** The SDK refuses blanks around it. */
const Username = z.string().regex(/^\S(?:.{0,38}\S)?$/, 'expected 1 to 40 characters, without blanks around them');
const TbkUser = z
  .string()
  .regex(/^[\x21-\x7e]{1,40}$/, 'expected the tbk_user of the inscription')
  .meta({ description: 'Names the inscribed card. With it and the API key the card can be charged.' });

export const StartInscription = z.strictObject({
  username: Username,
  email: z.email().max(100),
  responseUrl: ReturnUrl,
});
export type StartInscription = z.output<typeof StartInscription>;

export const Inscribed = z.object({
  responseCode: z.int().meta({ description: '0: the card is inscribed.' }),
  tbkUser: z.string().optional(),
  authorizationCode: z.string().optional(),
  cardType: z.string().optional(),
  cardNumber: z.string().optional(),
});
export type Inscribed = z.output<typeof Inscribed>;

export const DeleteInscription = z.strictObject({ tbkUser: TbkUser, username: Username });
export type DeleteInscription = z.output<typeof DeleteInscription>;

export const Deleted = z.object({
  deleted: z.boolean().meta({ description: 'false: there was no such inscription.' }),
});

export const AuthorizeCharge = z.strictObject({
  username: Username,
  tbkUser: TbkUser,
  buyOrder: PathBuyOrder,
  details: z
    .array(ChildOrder.extend({ installmentsNumber: z.int().min(1).max(48).optional() }))
    .min(1)
    .max(200),
});
export type AuthorizeCharge = z.output<typeof AuthorizeCharge>;

export const ChargeRef = z.strictObject({ buyOrder: PathBuyOrder });
export type ChargeRef = z.output<typeof ChargeRef>;

export const RefundCharge = z
  .strictObject({ buyOrder: PathBuyOrder, ...child, amount: ChildClp, balanceBefore: BalanceBefore })
  .refine(withinBalance, { path: ['amount'], error: 'is more than balanceBefore' });
export type RefundCharge = z.output<typeof RefundCharge>;

export const CaptureCharge = z.strictObject({
  buyOrder: PathBuyOrder,
  ...child,
  authorizationCode: AuthorizationCode,
  amount: ChildClp,
});
export type CaptureCharge = z.output<typeof CaptureCharge>;

export const CheckAccess = z.strictObject({});
export const Access = z.object({
  answer: z.string().meta({ description: 'What the API said of a token that is none.' }),
});
