import { type Fixture, type PurchaseRequest, requestMessage, type ShopSettings, wireId } from '@puente/flows/purchases';

/** As S2 spells it. */
export function requestBody(request: PurchaseRequest) {
  return {
    ...requestMessage(request),
    user_id: request.userId,
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
