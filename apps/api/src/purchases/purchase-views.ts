import { type Fixture, type PurchaseRequest, type ShopSettings, wireId } from '@puente/flows/purchases';

/** As S2 spells it. */
export function requestBody(request: PurchaseRequest) {
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
    user_id: request.userId,
    wallet: request.wallet,
    status: request.status,
    amount: request.amount,
    created_at: request.createdAt,
    updated_at: request.updatedAt,
  };
}

export function fixtureBody(fixture: Fixture) {
  return {
    fixture_id: wireId(fixture.fixtureId),
    league_name: fixture.leagueName,
    round: fixture.round,
    date: fixture.date,
    units: fixture.units,
    units_left: fixture.unitsLeft,
    unit_price: fixture.unitPrice,
  };
}

export function settingsBody(settings: ShopSettings) {
  return {
    group_id: settings.groupId,
    request_topic: settings.requestTopic,
    validation_topic: settings.validationTopic,
    redirect_url: settings.redirectUrl,
    unit_price: settings.unitPrice,
    hold_minutes: settings.holdMinutes,
    mqtt: settings.mqtt,
    webpay: settings.webpay,
    smtp: settings.smtp,
  };
}
