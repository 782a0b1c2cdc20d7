import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { isUuid } from '@puente/kernel';
import type { SigningKey } from './signing-keys';

/** RFC 8037: an ed25519 public key. */
export interface PublicKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly use: 'sig';
  readonly alg: 'EdDSA';
  readonly kid: string;
  readonly x: string;
}

/**
 * The public keys that an endpoint's `v1a` signatures are verified with, for anybody who knows its id: receivers have no
 * API key of ours. What does not exist has no keys, and nothing tells the two apart.
 */
@Injectable()
export class PublicKeys {
  constructor(private readonly db: DispatchDatabase) {}

  async of(endpointId: string): Promise<PublicKey[]> {
    if (!isUuid(endpointId)) return [];
    const [row] = await this.db.query<{ keys: readonly SigningKey[]; now: Date }>(
      `SELECT signing_keys AS keys, puente_now() AS now FROM webhook_endpoints WHERE id = $1`,
      [endpointId],
    );
    return (row?.keys ?? []).flatMap(({ kid, x, expiresAt }) => {
      const isOver = expiresAt !== undefined && row !== undefined && Date.parse(expiresAt) <= row.now.getTime();
      if (kid === undefined || x === undefined || isOver) return [];
      return [{ kty: 'OKP', crv: 'Ed25519', use: 'sig', alg: 'EdDSA', kid, x }];
    });
  }
}
