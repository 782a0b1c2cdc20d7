import { Options } from 'transbank-sdk';
import RequestService from 'transbank-sdk/dist/es5/transbank/common/request_service';

/** What the SDK's request classes make of a call. */
export interface SdkRequest {
  readonly endpoint: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** JSON; undefined where there is no body. */
  readonly body: string | undefined;
}

export type SendSdkRequest = (request: SdkRequest) => Promise<unknown>;

/** Where the SDK would send to if it ever sent by itself: nowhere (RFC 6761 §6.4), and without a secret. */
const NOWHERE = 'https://seam.invalid';

/**
 * Options with which the SDK sends nothing itself: its classes check and build the request, and `send` carries it. One
 * for each call, so that a call has its own signal to give up.
 */
export class SeamOptions extends Options {
  constructor(
    commerceCode: string,
    readonly send: SendSdkRequest,
  ) {
    super(commerceCode, '', NOWHERE, 1);
  }
}

/**
 * The one function through which every class of transbank-sdk 6.1.1 sends. It is replaced for {@link SeamOptions} only:
 * who uses the SDK in the usual way keeps axios.
 *
 * Why not the SDK's own: it follows redirects with the secret in the headers, listens to `HTTP_PROXY`, shares axios'
 * global instance with everybody, reads an answer for as long as it drips, returns whatever came with a 200, and turns
 * every failure into a text (ADR 0020). The version is pinned exactly, since this function is none of its public API;
 * `sdk-seam.spec.ts` holds every method to it.
 */
const byAxios = RequestService.perform;
RequestService.perform = (request, options) => {
  if (!(options instanceof SeamOptions)) return byAxios(request, options);
  const { endpoint } = request;
  const method = request.method as SdkRequest['method'];
  return options.send({ endpoint, method, body: method === 'GET' ? undefined : request.toJson() });
};
