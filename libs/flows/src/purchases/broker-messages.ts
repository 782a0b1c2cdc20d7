import type { PurchaseRequest } from './request-rows';

/** Ids that came as numbers leave as numbers, as the other groups send them. */
export function wireId(id: string): number | string {
  const number = Number(id);
  return Number.isSafeInteger(number) && String(number) === id ? number : id;
}

/** What other groups hear of a request of ours (S2.1). */
export function requestMessage(request: PurchaseRequest) {
  return {
    request_id: request.requestId,
    group_id: request.groupId,
    fixture_id: wireId(request.fixtureId),
    league_name: request.leagueName,
    round: request.round,
    date: request.date,
    result: request.result,
    deposit_token: request.depositToken,
    datetime: request.datetime,
    quantity: request.quantity,
    seller: request.seller,
    wallet: request.wallet,
  };
}

/** What everybody hears of a payment's end (S2.7). */
export function validationMessage({ requestId, groupId }: PurchaseRequest, valid: boolean) {
  return { request_id: requestId, group_id: groupId, seller: 0, valid };
}
