import { AppError } from '@puente/kernel';

/** The item is not there, or has fewer units left than were asked for; S2.1 answers both alike. HTTP 404. */
export class FixtureUnavailableError extends AppError {
  readonly code = 'FIXTURE_UNAVAILABLE';

  constructor(
    readonly fixtureId: string,
    readonly quantity: number,
  ) {
    super(`Fixture ${fixtureId} does not exist, or has fewer than ${String(quantity)} units left.`);
  }
}

/** HTTP 404. */
export class FixtureNotFoundError extends AppError {
  readonly code = 'FIXTURE_NOT_FOUND';

  constructor(readonly fixtureId: string) {
    super(`Fixture ${fixtureId} does not exist.`);
  }
}

/** More units are reserved or sold than the fixture is to have. HTTP 409. */
export class FixtureUnitsTakenError extends AppError {
  readonly code = 'FIXTURE_UNITS_TAKEN';

  constructor(
    readonly fixtureId: string,
    readonly taken: number,
  ) {
    super(`${String(taken)} units of fixture ${fixtureId} are reserved or sold; it cannot have fewer.`);
  }
}

/** HTTP 404. */
export class RequestNotFoundError extends AppError {
  readonly code = 'REQUEST_NOT_FOUND';

  constructor(readonly requestId: string) {
    super(`Request ${requestId} does not exist.`);
  }
}

/** It was accepted or rejected before, and that is not taken back. HTTP 409. */
export class RequestDecidedError extends AppError {
  readonly code = 'REQUEST_ALREADY_DECIDED';

  constructor(
    readonly requestId: string,
    readonly status: string,
  ) {
    super(`Request ${requestId} is ${status} already, and a decision is not taken back.`);
  }
}

/** It is to be paid by Webpay, and no payment of it was approved. HTTP 409. */
export class RequestNotPaidError extends AppError {
  readonly code = 'REQUEST_NOT_PAID';

  constructor(readonly requestId: string) {
    super(`Request ${requestId} is not paid: only an approved payment accepts it.`);
  }
}

/** Another group's request came before with other contents. HTTP 409. */
export class RequestIdReusedError extends AppError {
  readonly code = 'REQUEST_ID_REUSED';

  constructor(readonly requestId: string) {
    super(`Request ${requestId} came before with other contents.`);
  }
}

/** HTTP 409. */
export class RequestNotPayableError extends AppError {
  readonly code = 'REQUEST_NOT_PAYABLE';

  constructor(
    readonly requestId: string,
    why: string,
  ) {
    super(`Request ${requestId} cannot be paid by Webpay: ${why}.`);
  }
}

/** HTTP 422. */
export class QuantityMismatchError extends AppError {
  readonly code = 'QUANTITY_MISMATCH';

  constructor(
    readonly requestId: string,
    readonly asked: number,
    readonly reserved: number,
  ) {
    super(`Request ${requestId} reserved ${String(reserved)} units; ${String(asked)} cannot be paid for it.`);
  }
}

/** HTTP 404. */
export class ShopUserNotFoundError extends AppError {
  readonly code = 'SHOP_USER_NOT_FOUND';

  constructor(readonly userId: string) {
    super(`User ${userId} does not exist. PUT /v1/users/${userId} makes it.`);
  }
}

/** HTTP 409. */
export class WalletInsufficientError extends AppError {
  readonly code = 'WALLET_INSUFFICIENT';

  constructor(
    readonly userId: string,
    readonly amount: number,
  ) {
    super(`The wallet of user ${userId} holds less than ${String(amount)} CLP.`);
  }
}

/** The settings have no URL for the payer to come back to. HTTP 409. */
export class RedirectUrlMissingError extends AppError {
  readonly code = 'REDIRECT_URL_MISSING';

  constructor() {
    super('There is no URL that payers come back to: PUT /v1/purchases/settings with redirect_url, or REDIRECT_URL.');
  }
}

/** A field that belongs to the one kind of request and not to the other. HTTP 422. */
export class RequestShapeError extends AppError {
  readonly code = 'REQUEST_SHAPE';

  constructor(
    readonly field: 'request_id' | 'user_id',
    why: string,
  ) {
    super(`${field}: ${why}.`);
  }
}
