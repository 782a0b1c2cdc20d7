import { Injectable } from '@nestjs/common';
import { LaneLimits } from '@puente/ledger';
import { ProviderCatalogue } from '../provider-catalogue';

/** The caps that providers declare: a limit without a window is "so many at once", and of several the smallest counts. */
@Injectable()
export class CatalogueLaneLimits extends LaneLimits {
  readonly caps: ReadonlyMap<string, number>;

  constructor(catalogue: ProviderCatalogue) {
    super();
    this.caps = new Map(
      catalogue.providers.flatMap(({ meta, limits }) => {
        const caps = limits.filter(({ windowMs, per }) => windowMs === 0 && per === 'credential');
        return caps.length === 0 ? [] : [[meta.id, Math.min(...caps.map(({ quota }) => quota))]];
      }),
    );
  }
}
