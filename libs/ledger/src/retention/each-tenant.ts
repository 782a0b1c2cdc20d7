import type { DispatchDatabase } from '@puente/database';
import { TENANTS } from '../sql/retention';

const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Ids of all tenants, read in pages: for upkeep that goes through them one by one. */
export async function* eachTenant(db: DispatchDatabase): AsyncGenerator<string> {
  for (let after = FIRST_ID; ;) {
    const page: { id: string }[] = await db.query(TENANTS, [after]);
    for (const { id } of page) yield id;
    const last = page.at(-1);
    if (!last) return;
    after = last.id;
  }
}
