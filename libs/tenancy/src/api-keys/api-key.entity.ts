import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a key may be used for. `platform` administers tenants and exists only for the system tenant. */
export const SCOPES = ['client', 'admin', 'audit', 'platform'] as const;
export type Scope = (typeof SCOPES)[number];

/** A key to our API: its prefix and its hash, never the key. */
@Entity('api_keys')
export class ApiKeyRecord {
  @PrimaryColumn('uuid') readonly id!: string;
  @Column('uuid', { name: 'tenant_id' }) readonly tenantId!: string;
  /** The public part: finds the row, shows in lists and logs. */
  @Column('text', { unique: true }) readonly prefix!: string;
  /** SHA-256 of the whole key. The key has 256 random bits, so nothing slower is needed. */
  @Column('bytea', { name: 'secret_hash', select: false }) readonly secretHash!: Buffer;
  @Column('text') readonly name!: string;
  @Column('text', { array: true }) readonly scopes!: Scope[];
  @Column('text', { name: 'user_scope', nullable: true }) readonly userScope!: string | null;
  @Column('timestamptz', { name: 'created_at', default: () => 'now()' }) readonly createdAt!: Date;
  @Column('timestamptz', { name: 'expires_at', nullable: true }) readonly expiresAt!: Date | null;
  @Column('timestamptz', { name: 'revoked_at', nullable: true }) readonly revokedAt!: Date | null;
  @Column('timestamptz', { name: 'last_used_at', nullable: true }) readonly lastUsedAt!: Date | null;
}
