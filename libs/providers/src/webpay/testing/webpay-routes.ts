import type { StandInRequest } from '@puente/integrations/testing';

/** Where the stand-in lives on the shared port: the base for the SDK is the sandbox's origin plus this. */
export const WEBPAY_PREFIX = '/webpay';

const API = /^\/rswebpaytransaction\/api\/(webpay|oneclick)\/v(\d+\.\d+)(\/.*)$/;

export type WebpayAction =
  | 'create'
  | 'commit'
  | 'status'
  | 'refund'
  | 'capture'
  | 'oneclick-start'
  | 'oneclick-finish'
  | 'oneclick-delete'
  | 'oneclick-authorize'
  | 'oneclick-status'
  | 'oneclick-refund'
  | 'oneclick-capture'
  | 'oneclick-bin';

interface Pattern {
  readonly product: 'webpay' | 'oneclick';
  readonly method: string;
  readonly path: RegExp;
  readonly action: WebpayAction;
}

// prettier-ignore
const PATTERNS: readonly Pattern[] = [
  { product: 'webpay',   method: 'POST',   path: /^\/transactions$/,                action: 'create' },
  { product: 'webpay',   method: 'PUT',    path: /^\/transactions\/([^/]+)$/,         action: 'commit' },
  { product: 'webpay',   method: 'GET',    path: /^\/transactions\/([^/]+)$/,         action: 'status' },
  { product: 'webpay',   method: 'POST',   path: /^\/transactions\/([^/]+)\/refunds$/, action: 'refund' },
  { product: 'webpay',   method: 'PUT',    path: /^\/transactions\/([^/]+)\/capture$/, action: 'capture' },
  { product: 'oneclick', method: 'POST',   path: /^\/inscriptions$/,                action: 'oneclick-start' },
  { product: 'oneclick', method: 'DELETE', path: /^\/inscriptions$/,                action: 'oneclick-delete' },
  { product: 'oneclick', method: 'PUT',    path: /^\/inscriptions\/([^/]+)$/,         action: 'oneclick-finish' },
  { product: 'oneclick', method: 'POST',   path: /^\/bin_info$/,                    action: 'oneclick-bin' },
  { product: 'oneclick', method: 'PUT',    path: /^\/transactions\/capture$/,        action: 'oneclick-capture' },
  { product: 'oneclick', method: 'POST',   path: /^\/transactions$/,                action: 'oneclick-authorize' },
  { product: 'oneclick', method: 'POST',   path: /^\/transactions\/(.+)\/refunds$/,   action: 'oneclick-refund' },
  { product: 'oneclick', method: 'GET',    path: /^\/transactions\/(.+)$/,           action: 'oneclick-status' },
];

export interface WebpayRoute {
  readonly action: WebpayAction;
  /** Token or buy order, as it stands in the path; empty where there is none. */
  readonly id: string;
  readonly version: string;
}

/** @returns `method` when the path is known, but not with this method */
export function routeOf({ method, path }: Pick<StandInRequest, 'method' | 'path'>): WebpayRoute | 'method' | undefined {
  const [, product, version = '', rest = ''] = API.exec(path.slice(WEBPAY_PREFIX.length)) ?? [];
  const fitting = PATTERNS.filter((pattern) => pattern.product === product && pattern.path.test(rest));
  const found = fitting.find((pattern) => pattern.method === method);
  if (!found) return fitting.length > 0 ? 'method' : undefined;
  return { action: found.action, id: decoded(found.path.exec(rest)?.[1] ?? ''), version };
}

/** Whether the request is for the API, as opposed to the payer's pages. */
export function isApi({ path }: Pick<StandInRequest, 'path'>): boolean {
  return path.startsWith(`${WEBPAY_PREFIX}/rswebpaytransaction/`);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
