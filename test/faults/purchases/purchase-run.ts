import { setTimeout as sleep } from 'node:timers/promises';
import { bodyOf } from '../../support/sandbox-client';
import { asDatabaseOwner } from '../../support/sandbox-database';
import { SandboxProcess } from '../../support/sandbox-process';
import { until } from '../../support/sandbox-until';
import { type RequestView, ShopTenant } from '../../support/shop-tenant';
import { SeededRandom } from '../seeded-random';
import { type BuyerPlan, Buyers, MONEY } from './buyers';
import {
  type AccountSum,
  type KnownPayment,
  type PurchaseEvidence,
  type PurchaseVerdict,
  purchaseVerdicts,
} from './purchase-invariants';

export interface PurchasePlan extends BuyerPlan {
  readonly units: number;
  /** How many faults the stand-ins are told to have, in all. */
  readonly faults: number;
  readonly healMs: number;
}

export interface PurchaseReport {
  readonly scenario: 'purchases';
  readonly seed: number;
  readonly requests: number;
  readonly accepted: number;
  readonly soldOut: number;
  readonly tooPoor: number;
  readonly payments: number;
  readonly attackMs: number;
  readonly healMs: number;
  readonly verdicts: readonly PurchaseVerdict[];
}

const PAGE = 25;
/** How long Webpay and the broker misbehave at most. */
const MISBEHAVES_MS = 20_000;
/** Of those for whom units come back after the rush. */
const MOST_ROUNDS = 6;
const FAULTS = [
  ['webpay', { operation: 'create', reset: 'after' }],
  ['webpay', { operation: 'create', status: 500 }],
  ['webpay', { operation: 'commit', reset: 'before' }],
  ['webpay', { operation: 'commit', reset: 'after' }],
  ['webpay', { operation: 'commit', status: 500, apply: true }],
  ['webpay', { operation: 'commit', delayMs: 700 }],
  ['webpay', { operation: 'status', status: 500 }],
  ['mqtt', { operation: 'publish', reset: 'before' }],
  ['mqtt', { operation: 'publish', reset: 'after' }],
  ['mqtt', { operation: 'publish', delayMs: 300 }],
] as const;

/** More buyers than units, wallets and Webpay mixed, while Webpay and the broker misbehave; then peace, and the questions. */
export class PurchaseRun {
  private constructor(
    private readonly sandbox: SandboxProcess,
    private readonly shop: ShopTenant,
    private readonly plan: PurchasePlan,
    private readonly say: (line: string) => void,
  ) {}

  static async prepare(plan: PurchasePlan, say: (line: string) => void): Promise<PurchaseRun> {
    const environment = { PAYMENTS_CHECK_MS: '500', PAYMENTS_CHECK_CAP_MS: '2000' };
    const sandbox = await SandboxProcess.start({ environment });
    return new PurchaseRun(sandbox, await ShopTenant.open(sandbox.facts()), plan, say);
  }

  get dir(): string {
    return this.sandbox.dataDir;
  }

  async attack(): Promise<PurchaseReport> {
    const { shop, plan } = this;
    const buyers = new Buyers(shop, plan);
    await shop.sell(1, plan.units);
    for (const id of buyers.ids) await shop.user(id, MONEY);
    await this.misbehave();
    const startedMs = performance.now();
    const rush = buyers.run();
    await Promise.race([rush, sleep(MISBEHAVES_MS)]);
    await this.peace();
    await rush;
    const attackMs = performance.now() - startedMs;
    this.say(`the rush is over after ${(attackMs / 1_000).toFixed(1)} s; ${String(buyers.requests.size)} requests`);
    await this.calm();
    for (let round = 0; round < MOST_ROUNDS && (await buyers.again(await shop.unitsLeft())); round++) await this.calm();
    const healMs = performance.now() - startedMs - attackMs;
    const evidence = await this.evidence(buyers);
    return {
      ...{ scenario: 'purchases', seed: plan.seed, requests: evidence.requests.length },
      accepted: evidence.requests.filter(({ status }) => status === 'accepted').length,
      ...{ soldOut: buyers.soldOut.length, tooPoor: buyers.tooPoor.length, payments: evidence.payments.length },
      ...{ attackMs: Math.round(attackMs), healMs: Math.round(healMs), verdicts: purchaseVerdicts(evidence) },
    };
  }

  async end({ keepData }: { readonly keepData: boolean }): Promise<void> {
    if (keepData) await this.sandbox.stop();
    else await this.sandbox.remove();
  }

  private async misbehave(): Promise<void> {
    const random = new SeededRandom(this.plan.seed ^ 0x5eed);
    for (let n = 0; n < this.plan.faults; n++) {
      const [part, fault] = FAULTS[random.whole(0, FAULTS.length - 1)] ?? FAULTS[0];
      bodyOf(await this.shop.control.post(`/_sandbox/${part}/faults`, fault));
    }
  }

  /** Nothing is wrong any more, and an operator says so: lanes that were closed after failures in a row open. */
  private async peace(): Promise<void> {
    const { shop } = this;
    for (const part of ['webpay', 'mqtt']) {
      bodyOf(await shop.control.delete(`/_sandbox/${part}/faults`), 200, 204);
      bodyOf(await shop.tenant.admin.post(`/v1/integrations/${part}/lanes/resume`, {}), 200);
    }
  }

  /** Everything has ended, within the bound; what has not is said by the invariants. */
  private async calm(): Promise<void> {
    const { id } = this.shop.tenant;
    const over = async (): Promise<boolean> => {
      const open = await this.rows<{ n: number }>(
        `SELECT (SELECT count(*) FROM purchase_requests WHERE tenant_id = $1 AND status NOT IN ('accepted', 'rejected'))
           + (SELECT count(*) FROM operations WHERE tenant_id = $1 AND state IN ('queued', 'running', 'unknown')) AS n`,
        [id],
      );
      return Number(open[0]?.n) === 0;
    };
    const patience = { withinMs: this.plan.healMs, everyMs: 500, what: 'every request has ended' };
    await until(over, patience).catch((error: unknown) => this.say(String(error)));
  }

  private async evidence(buyers: Buyers): Promise<PurchaseEvidence> {
    const { shop, plan } = this;
    const tenant = [shop.tenant.id];
    const wallets = new Map<string, number>();
    const mails = new Map<string, number>();
    const mailed = bodyOf<{ to: string }[]>(await shop.control.get('/_sandbox/smtp/received'));
    for (const id of buyers.ids) {
      wallets.set(String(id), await shop.wallet(id));
      mails.set(String(id), mailed.filter(({ to }) => to === shop.address(id)).length);
    }
    return {
      ...{ units: plan.units, unitsLeft: await shop.unitsLeft(), buyers, requests: await this.requests() },
      ...{ wallets, mails, charged: await this.charged(), validations: await shop.heard('validation') },
      accounts: await this.rows<AccountSum>(
        `SELECT account, sum(amount)::float8 AS amount FROM wallet_postings WHERE tenant_id = $1 GROUP BY account`,
        tenant,
      ),
      entries: await this.rows(
        `SELECT request_id AS "requestId", kind FROM wallet_entries WHERE tenant_id = $1 AND request_id IS NOT NULL`,
        tenant,
      ),
      payments: await this.rows<KnownPayment>(
        `SELECT reference, buy_order AS "buyOrder", state FROM payments WHERE tenant_id = $1`,
        tenant,
      ),
    };
  }

  private async requests(): Promise<RequestView[]> {
    const all: RequestView[] = [];
    for (let page = 1; ; page++) {
      const answer = await this.shop.client.get(`/v1/requests?page=${String(page)}&count=${String(PAGE)}`);
      const { requests } = bodyOf<{ requests: RequestView[] }>(answer, 200);
      all.push(...requests);
      if (requests.length < PAGE) return all;
    }
  }

  /** As Webpay itself has it. */
  private async charged(): Promise<string[]> {
    const answer = await this.shop.control.get('/_sandbox/webpay/received');
    const effects = bodyOf<{ effect?: string; buyOrder: string }[]>(answer, 200);
    const returned = new Set(
      effects
        .filter(({ effect }) => effect === 'reversal' || effect === 'nullification')
        .map(({ buyOrder }) => buyOrder),
    );
    return effects
      .filter(({ effect, buyOrder }) => effect === 'charge' && !returned.has(buyOrder))
      .map(({ buyOrder }) => buyOrder);
  }

  /** As the owner of the tables: the questions are about what is there, not about what the API shows. */
  private rows<Row extends object>(sql: string, params: readonly unknown[]): Promise<Row[]> {
    return asDatabaseOwner(this.sandbox.dataDir, async (client) => {
      const { rows } = await client.query<Row>(sql, [...params]);
      return rows;
    });
  }
}
