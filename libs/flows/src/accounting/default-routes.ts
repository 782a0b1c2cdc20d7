import { type AccountingRoute, AccountingRoute as Route } from './accounting-routes.schemas';

/** What a method of the queue's own makes of fields that only routes read. */
const OURS = ['currency', 'company_id', 'date'];

/**
 * The two messages of S0.3 and S0.4, by the addon's ledger: as their producers have always written them, and with keyword
 * arguments, which works on all versions of Odoo. A tenant that saves routes replaces them.
 */
export const DEFAULT_ROUTES: readonly AccountingRoute[] = [
  Route.parse({
    name: 'create-post-move',
    kind: 'move',
    match: { model: 'account.move', method: 'create_post_move' },
    bind: { style: 'kwargs', from: ['body'], omit: OURS },
    key: 'txn:{body.transaction_id}',
    via: 'ledger',
    amount: { path: 'body.amount', currency: 'MXN', currencyPath: 'body.currency' },
    reference: '{body.transaction_id}',
  }),
  Route.parse({
    name: 'create-partner',
    kind: 'partner',
    match: { model: 'res.partner', method: 'create_finalitix_partner' },
    bind: { style: 'kwargs', from: ['attributes'], omit: ['method', 'model'] },
    key: 'partner:{attributes.finalitixUserId}',
    via: 'ledger',
    reference: '{attributes.finalitixUserId}',
  }),
];
