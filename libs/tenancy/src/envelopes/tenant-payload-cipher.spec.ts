import { associatedData } from './envelope';
import { placeData } from './tenant-payload-cipher';

describe('where a payload lies', () => {
  it.each(['input', 'with "quotes"', 'ñ\u2028\u0007', ''])('is authenticated in canonical form: %j', (column) => {
    const place = { tenantId: 't', table: 'operations', rowId: 'r', column };

    expect(placeData(place)).toEqual(
      associatedData({ kind: 'payload', tenant: 't', table: 'operations', row: 'r', column }),
    );
  });
});
