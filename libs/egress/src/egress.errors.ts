import { AppError } from '@puente/kernel';

/** Any refusal of the guard. Nothing was sent. None of them says what a name resolves to: that is not for tenants to ask. */
export abstract class EgressError extends AppError {}

/** The URL itself is not one that is called: its scheme, its port, its form. */
export class EgressUrlRefusedError extends EgressError {
  readonly code = 'EGRESS_URL_REFUSED';

  constructor(what: string) {
    super(`This URL cannot be called: ${what}.`);
  }
}

/** The host is not, or not only, on the public internet, and the operator has not allowed its network. */
export class EgressAddressRefusedError extends EgressError {
  readonly code = 'EGRESS_ADDRESS_REFUSED';

  constructor(host: string) {
    super(
      `${host} is not a public address of the internet. Use one that is, or ask the operator to allow its network (EGRESS_ALLOWED_CIDRS).`,
    );
  }
}

/** No address is known for the name, or not in time. */
export class EgressHostUnresolvedError extends EgressError {
  readonly code = 'EGRESS_HOST_UNRESOLVED';

  constructor(host: string, options?: { cause?: unknown }) {
    super(`${host} could not be resolved: check the name in the URL, or try again.`, options);
  }
}
