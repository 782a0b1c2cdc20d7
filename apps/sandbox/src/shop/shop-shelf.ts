import type { PuenteApi } from './puente-api';
import { Anything, Fixture, Fixtures, Wallet } from './shop-shapes.schemas';

/** Who buys in the demo shop. */
export const DEMO_USER = { id: '1', name: 'Ana Núñez', email: 'ana@example.com' } as const;
/** The shop's own group, as the settings name it. */
export const DEMO_GROUP = '15';
/** How many CLP a top-up adds. */
export const TOP_UP = 20_000;

const FIXTURES = [
  { id: '1208021', league_name: 'Primera División', round: 'Fecha 10: Colo Colo – Universidad de Chile', units: 40 },
  { id: '1208022', league_name: 'Primera División', round: 'Fecha 10: Palestino – Audax Italiano', units: 8 },
  { id: '1208023', league_name: 'Copa Chile', round: 'Semifinal: Cobreloa – Everton', units: 3 },
] as const;
const KICK_OFF = '2027-03-06T20:00:00Z';

/**
 * Makes the demo tenant a shop, once: where payers come back to, things to sell and somebody who buys. What is there already stays as it is.
 */
export class ShopShelf {
  private filled: Promise<void> | undefined;

  constructor(private readonly api: PuenteApi) {}

  /** Asked before each page: the first time fills the shelf, later ones cost nothing. A failure is tried again. */
  fill(): Promise<void> {
    this.filled ??= this.fillNow().catch((error: unknown) => {
      this.filled = undefined;
      throw error;
    });
    return this.filled;
  }

  private async fillNow(): Promise<void> {
    const { items } = await this.api.call({ method: 'GET', path: '/v1/fixtures' }, Fixtures);
    if (items.length > 0) return;
    await this.settle();
    for (const { id, ...fixture } of FIXTURES) {
      const body = { ...fixture, date: KICK_OFF };
      await this.api.call({ method: 'PUT', path: `/v1/fixtures/${id}`, body, key: 'admin' }, Fixture);
    }
  }

  private async settle(): Promise<void> {
    const { sandboxUrl } = await this.api.facts();
    const settings = {
      redirect_url: `${sandboxUrl}/_sandbox/shop/return`,
      group_id: DEMO_GROUP,
      smtp: 'default',
    };
    await this.api.call({ method: 'PUT', path: '/v1/purchases/settings', body: settings, key: 'admin' }, Anything);
    const { id, ...person } = DEMO_USER;
    await this.api.call({ method: 'PUT', path: `/v1/users/${id}`, body: person }, Anything);
    const wallet = await this.api.call({ method: 'GET', path: `/v1/users/wallet?id=${id}` }, Wallet);
    if (wallet.billetera > 0) return;
    const body = { user_id: id, amount: TOP_UP };
    await this.api.call({ method: 'PUT', path: '/v1/users/wallet', body, idempotencyKey: 'demo-shop-first' }, Anything);
  }
}
