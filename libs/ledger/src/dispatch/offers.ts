import { Bell } from './bell';

/** What became of an offer: the ids there was no room for; or nobody looked at it. */
export type OfferAnswer =
  { readonly kind: 'looked'; readonly leftOver: readonly string[] } | { readonly kind: 'refused' };

export interface Offer {
  readonly ids: readonly string[];
  answer(answer: OfferAnswer): void;
}

/** Ids of due operations that wait for the dispatcher to claim them, between whoever brings them and its loop. */
export class Offers {
  /** Rings when there may be room for more. */
  readonly freed = new Bell();
  private waiting: Offer[] = [];

  constructor(private readonly onOffer: () => void) {}

  /** How many ids wait. */
  get size(): number {
    return this.waiting.reduce((sum, { ids }) => sum + ids.length, 0);
  }

  add(ids: readonly string[]): Promise<OfferAnswer> {
    return new Promise((resolve) => {
      this.waiting.push({ ids, answer: resolve });
      this.onOffer();
    });
  }

  /** Whole offers, as many as fit into `places`, and at least the first. */
  take(places: number): readonly Offer[] {
    let [count, ids] = [0, 0];
    for (const offer of this.waiting) {
      if (count > 0 && ids + offer.ids.length > places) break;
      count += 1;
      ids += offer.ids.length;
    }
    return this.waiting.splice(0, count);
  }

  refuse(offers: readonly Offer[] = this.waiting.splice(0)): void {
    for (const offer of offers) offer.answer({ kind: 'refused' });
  }
}
