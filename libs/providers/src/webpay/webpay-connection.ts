import type { EgressGuard } from '@puente/egress';
import { HttpAnswerError, HttpConnection, type OperationCall } from '@puente/integrations';
import type { Secret } from '@puente/kernel';
import { accountProblem, baseOf, keyProblem } from './environment';
import { SeamOptions, type SdkRequest } from './sdk-seam';
import { WebpayAccountRefusedError, webpayFault, WebpayRefusedError } from './webpay.errors';
import type { WebpayConfig, WebpayProduct, WebpaySecrets } from './webpay.schemas';

export type WebpayCall = Pick<OperationCall, 'cancel'>;

/** One account at Transbank: its address, its keys, and the connections they travel on. */
export class WebpayConnection {
  private readonly http: HttpConnection;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly base: URL;
  readonly product: WebpayProduct;

  /** @throws {WebpayAccountRefusedError} keys, environment and host do not belong together (T39) */
  constructor(
    secrets: Secret<WebpaySecrets>,
    private readonly config: WebpayConfig,
    egress: EgressGuard,
  ) {
    const { apiKey } = secrets.reveal();
    const problem = accountProblem(config) ?? keyProblem(config, apiKey);
    if (problem !== undefined) throw new WebpayAccountRefusedError(problem);
    this.base = new URL(baseOf(config));
    this.product = config.product ?? 'plus';
    this.headers = { 'tbk-api-key-id': config.commerceCode, 'tbk-api-key-secret': apiKey };
    this.http = new HttpConnection(this.base.href, webpayFault, { egress });
  }

  close(): void {
    this.http.close();
  }

  /** For a class of the SDK: what it builds travels over our connection, under this call's signal, with our headers. */
  options(product: WebpayProduct, { cancel }: WebpayCall): SeamOptions {
    if (product !== this.product) {
      throw new WebpayRefusedError(
        'PRODUCT_MISMATCH',
        `This integration is for ${this.product}, the operation for ${product}. Nothing was sent.`,
      );
    }
    return new SeamOptions(this.config.commerceCode, (request) => this.send(request, cancel));
  }

  /** @throws {WebpayRefusedError} RETURN_URL_NOT_HTTPS: what the payer brings back would travel open */
  requireReturn(returnUrl: string): void {
    if (this.config.environment !== 'production' || new URL(returnUrl).protocol === 'https:') return;
    throw new WebpayRefusedError(
      'RETURN_URL_NOT_HTTPS',
      'In production the return URL must be https. Nothing was sent.',
    );
  }

  /** @throws {WebpayRefusedError} CHILD_COMMERCE_UNKNOWN */
  requireChildren(codes: readonly string[]): void {
    const known = this.config.childCommerceCodes;
    const strange = known && codes.find((code) => !known.includes(code));
    if (strange === undefined) return;
    throw new WebpayRefusedError(
      'CHILD_COMMERCE_UNKNOWN',
      `${strange} is not one of this integration's shops. Nothing was sent.`,
    );
  }

  /** Whether a page that Webpay sends the payer to is Webpay's. */
  isPage(url: string): boolean {
    if (!URL.canParse(url)) return false;
    const { protocol, origin, hostname } = new URL(url);
    return origin === this.base.origin || (protocol === 'https:' && hostname.endsWith('.transbank.cl'));
  }

  private send({ method, endpoint, body }: SdkRequest, signal: WebpayCall['cancel']): Promise<unknown> {
    const json: unknown = body === undefined ? undefined : JSON.parse(body);
    return this.http.json({ method, path: endpoint, headers: this.headers, json, signal });
  }
}

/** Webpay's answer that there is no such thing; undefined when there was one. Any other failure is thrown. */
export async function absenceOf(work: Promise<unknown>): Promise<HttpAnswerError | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof HttpAnswerError && saysAbsent(error)) return error;
    throw error;
  }
}

/** In Webpay's own words: the 404 of a gateway, or of a wrong path, says nothing about what Webpay has. */
function saysAbsent({ status, fault }: HttpAnswerError): boolean {
  return fault.code === 'NOT_FOUND' && (status === 400 || status === 404 || status === 422);
}
