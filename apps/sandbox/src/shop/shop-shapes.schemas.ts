import { z } from 'zod';

const id = z.union([z.string(), z.number()]).transform(String);

export const Fixture = z.object({
  fixture_id: id,
  league_name: z.string(),
  round: z.string(),
  date: z.string(),
  units: z.number(),
  units_left: z.number(),
  unit_price: z.number().nullable(),
});
export type Fixture = z.output<typeof Fixture>;
export const Fixtures = z.object({ items: z.array(Fixture) });

export const Order = z.object({
  request_id: z.string(),
  fixture_id: id,
  league_name: z.string(),
  round: z.string(),
  quantity: z.number(),
  amount: z.number(),
  wallet: z.boolean(),
  status: z.enum(['pending', 'sent', 'pending payment', 'accepted', 'rejected']),
  created_at: z.string(),
});
export type Order = z.output<typeof Order>;
export const CreatedOrder = z.object({ request: Order });
export const Orders = z.object({ requests: z.array(Order) });

export const Wallet = z.object({ billetera: z.number() });
export const Form = z.object({ url: z.string(), token: z.string() });
export const Committed = z.object({ request_id: z.string() });

/** What the receipt shows of a payment. */
export const Payment = z.object({
  buyOrder: z.string(),
  amount: z.number(),
  state: z.string(),
  authorizationCode: z.string().nullable(),
  paymentType: z.string().nullable(),
  cardLast4: z.string().nullable(),
  installments: z.number().nullable(),
  committedAt: z.string().nullable(),
});
export type Payment = z.output<typeof Payment>;
export const Payments = z.object({ items: z.array(Payment) });

/** For answers of which nothing is read. */
export const Anything = z.unknown();
