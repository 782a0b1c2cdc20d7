import type { OperationSpec } from '@puente/integrations';
import type { z } from 'zod';
import type { WebpayClient } from './webpay.client';

/** So that the operations of each product can stand in a file of their own and keep their types. */
export function operation<I extends z.ZodType, O extends z.ZodType>(
  spec: OperationSpec<WebpayClient, I, O>,
): OperationSpec<WebpayClient, I, O> {
  return spec;
}

/** Transbank's reference, whose sections are not stable enough to be linked to one by one. */
export const REFERENCE = {
  plus: 'https://www.transbankdevelopers.cl/referencia/webpay#webpay-plus',
  mall: 'https://www.transbankdevelopers.cl/referencia/webpay#webpay-plus-mall',
  oneclick: 'https://www.transbankdevelopers.cl/referencia/oneclick',
} as const;

export const API = {
  webpay: '/rswebpaytransaction/api/webpay/v1.2',
  oneclick: '/rswebpaytransaction/api/oneclick/v1.2',
} as const;

/**
 * The longest time Webpay may still act after we gave up, before we ask what became of it. A commit asked about too
 * early is at worst made again, and one token is charged once; a refund would be given twice.
 */
export const SETTLE_MS = { commit: 5_000, capture: 15_000, refund: 30_000, charge: 60_000 } as const;

const token = '01ab5218d2d0a1b8a1b1d6c7e1bd4d0f8f1e0b6f6a3b4c1d2e3f405162738495';
const card = { vci: 'TSY', cardNumber: '6623', accountingDate: '1123', transactionDate: '2026-11-23T14:49:29.848Z' };
const paid = {
  status: 'AUTHORIZED',
  authorizationCode: '1213',
  paymentTypeCode: 'VN',
  responseCode: 0,
  installmentsNumber: 0,
} as const;
const shop = { childCommerceCode: '597055555536', childBuyOrder: 'mall-8f14e45f-a' };

/** What examples are made of. */
export const example = {
  token,
  page: { token, url: 'https://webpay3gint.transbank.cl/webpayserver/initTransaction' },
  returnUrl: 'https://puente.example.cl/v1/webpay/return/4f1d2c3b4a59687786958473625140ff',
  transaction: { buyOrder: 'req-8f14e45f-01', sessionId: 'ses-4f1d2c3b4a59', amount: 10_000, ...paid, ...card },
  mall: {
    buyOrder: 'mall-8f14e45f',
    sessionId: 'ses-4f1d2c3b4a59',
    ...card,
    details: [
      { commerceCode: '597055555536', buyOrder: 'mall-8f14e45f-a', amount: 7_000, ...paid },
      { commerceCode: '597055555537', buyOrder: 'mall-8f14e45f-b', amount: 3_000, status: 'FAILED', responseCode: -1 },
    ],
  },
  shop,
  refunded: {
    type: 'NULLIFIED',
    authorizationCode: '123456',
    authorizationDate: '2026-11-24T10:00:00.000Z',
    nullifiedAmount: 1_000,
    balance: 9_000,
    responseCode: 0,
  },
  captured: {
    capturedAmount: 1_000,
    authorizationCode: '123456',
    authorizationDate: '2026-11-24T10:00:00.000Z',
    responseCode: 0,
  },
} as const;
