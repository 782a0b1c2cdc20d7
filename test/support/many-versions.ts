import { Secret, uuidv7 } from '@puente/kernel';
import { CredentialCipher } from '../../libs/tenancy/src/envelopes/credential-cipher';
import type { Tenancy } from './tenancy.fixture';

/** Versions of one integration as years of rotations pile them up, each sealed for its own row. */
export async function sealManyVersions(
  tenancy: Tenancy,
  { tenantId, provider, name }: { readonly tenantId: string; readonly provider: string; readonly name: string },
  many: number,
  apiKey: string,
): Promise<void> {
  const cipher = tenancy.get(CredentialCipher);
  const rows = await Promise.all(
    Array.from({ length: many }, async (_, at) => {
      const [rowId, version] = [uuidv7(), at + 1_000];
      const place = { tenantId, provider, column: 'integration_versions.envelope', rowId, version } as const;
      return { id: rowId, version, envelope: await cipher.seal(place, new Secret({ apiKey })) };
    }),
  );
  await tenancy.asSuperuser(
    `INSERT INTO integration_versions (id, tenant_id, integration_id, version, state, envelope, config, fingerprints)
     SELECT r.id, i.tenant_id, i.id, r.version, 'retiring', r.envelope, '{}', '{}'
     FROM jsonb_to_recordset($4) AS r(id uuid, version int, envelope jsonb)
     JOIN tenant_integrations i ON i.tenant_id = $1 AND i.provider = $2 AND i.name = $3`,
    [tenantId, provider, name, JSON.stringify(rows)],
  );
}
