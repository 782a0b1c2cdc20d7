import { IntegrationApiKeys, IntegrationCommerceCodes as Codes } from 'transbank-sdk';

export const ENVIRONMENTS = ['integration', 'production'] as const;
export type WebpayEnvironment = (typeof ENVIRONMENTS)[number];

/** https://www.transbankdevelopers.cl/documentacion/como_empezar#ambientes */
export const HOSTS: Readonly<Record<WebpayEnvironment, string>> = {
  integration: 'https://webpay3gint.transbank.cl',
  production: 'https://webpay3g.transbank.cl',
};

/** The commerce codes that Transbank publishes for everybody's tests are of this form, and no merchant's are. */
const PUBLISHED_CODE = /^5970555555\d\d$/;

/** The API key that goes with all of them. https://www.transbankdevelopers.cl/documentacion/como_empezar#credenciales-en-webpay */
const PUBLISHED_KEY: string = IntegrationApiKeys.WEBPAY;

/**
 * What Transbank publishes for everybody's tests, by product: no secrets, and no money. For sandboxes.
 * https://www.transbankdevelopers.cl/documentacion/como_empezar#codigos-de-comercio
 */
export const PUBLISHED_ACCOUNTS = {
  apiKey: PUBLISHED_KEY,
  plus: { commerceCode: Codes.WEBPAY_PLUS as string },
  mall: {
    commerceCode: Codes.WEBPAY_PLUS_MALL as string,
    childCommerceCodes: [Codes.WEBPAY_PLUS_MALL_CHILD1, Codes.WEBPAY_PLUS_MALL_CHILD2] as readonly string[],
  },
  oneclick: {
    commerceCode: Codes.ONECLICK_MALL as string,
    childCommerceCodes: [Codes.ONECLICK_MALL_CHILD1, Codes.ONECLICK_MALL_CHILD2] as readonly string[],
  },
} as const;

/** What has to fit together for a call to go where it is meant to. */
export interface WebpayAccount {
  readonly environment: WebpayEnvironment;
  readonly host?: string | undefined;
  readonly commerceCode: string;
  readonly childCommerceCodes?: readonly string[] | undefined;
}

/** Base address of the API, without a slash at its end: the SDK's paths begin with one. */
export function baseOf({ environment, host }: Pick<WebpayAccount, 'environment' | 'host'>): string {
  return (host ?? HOSTS[environment]).replace(/\/$/, '');
}

/**
 * What is wrong with an account: published test credentials in production would take no money for what is sold, and a
 * merchant's own in integration would show his secret to an environment that everybody tests in (T39).
 *
 * @returns undefined when nothing is
 */
export function accountProblem(account: WebpayAccount): string | undefined {
  const { environment } = account;
  const meant = hostEnvironment(account);
  if (meant !== undefined && meant !== environment)
    return `${HOSTS[meant]} is Transbank's ${meant} environment, but environment says ${environment}`;
  const codes = [account.commerceCode, ...(account.childCommerceCodes ?? [])];
  if (environment === 'production') {
    const test = codes.find((code) => PUBLISHED_CODE.test(code));
    return test === undefined
      ? undefined
      : `${test} is a commerce code of the integration environment: it takes no money`;
  }
  if (meant !== 'integration') return undefined;
  const own = codes.find((code) => !PUBLISHED_CODE.test(code));
  return own === undefined ? undefined : `${own} is not a commerce code of the integration environment`;
}

/** The same of the key, which is never quoted. */
export function keyProblem(account: WebpayAccount, apiKey: string): string | undefined {
  const isPublished = apiKey.toUpperCase() === PUBLISHED_KEY;
  if (account.environment === 'production')
    return isPublished ? 'the API key is the published one of the integration environment' : undefined;
  if (hostEnvironment(account) !== 'integration' || isPublished) return undefined;
  return 'the API key is not the published one of the integration environment, and must not be shown to it';
}

/** Which of Transbank's environments the calls would reach; undefined for a host of somebody else. */
function hostEnvironment(account: WebpayAccount): WebpayEnvironment | undefined {
  const { hostname } = new URL(baseOf(account));
  return ENVIRONMENTS.find((environment) => new URL(HOSTS[environment]).hostname === hostname.replace(/\.$/, ''));
}
