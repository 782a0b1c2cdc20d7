import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { isUuid, SYSTEM_TENANT_ID } from '@puente/kernel';
import { InvalidFieldsError } from '../invalid-fields.errors';
import { rotationOf, WARN_DAYS } from './integration-view';

/** `due`: within 14 days. `overdue`: the ninety days are over. */
export const ROTATION_STATES = ['due', 'overdue'] as const;
export type RotationState = (typeof ROTATION_STATES)[number];

/** Credentials in use that should be exchanged soon, or should have been. */
export interface DueRotation {
  readonly tenantId: string;
  readonly integrationId: string;
  readonly provider: string;
  readonly name: string;
  readonly state: RotationState;
  readonly dueAt: Date;
}

export interface RotationPage {
  readonly items: readonly DueRotation[];
  /** Cursor of the next page, null on the last one. */
  readonly next: string | null;
}

interface Row {
  readonly tenant_id: string;
  readonly id: string;
  readonly provider: string;
  readonly name: string;
  readonly due_at: Date;
  readonly micros: string;
  readonly now: Date;
}

const MICROS = `(extract(epoch FROM rotate_due_at) * 1000000)::bigint`;

const DUE = `
  SELECT tenant_id, id, provider, name, rotate_due_at AS due_at, ${MICROS}::text AS micros, puente_now() AS now
  FROM rotation_clocks
  WHERE rotate_due_at <= puente_now() + make_interval(days => $1::int)
    AND ($2::text[] IS NULL OR CASE WHEN rotate_due_at <= puente_now() THEN 'overdue' ELSE 'due' END = ANY ($2))
    AND ($3::bigint IS NULL OR (${MICROS}, id) > ($3, $4::uuid))
  ORDER BY ${MICROS}, id LIMIT $5`;

/**
 * What is to be rotated in all tenants, for the platform. A tenant sees its own with IntegrationViews. Of other tenants
 * this reads names and dates through a view, and nothing else is in it.
 */
@Injectable()
export class Rotations {
  constructor(private readonly database: TenantDatabase) {}

  /** The most urgent first. @throws {InvalidFieldsError} */
  async due(states?: readonly RotationState[], cursor?: string, limit = 25): Promise<RotationPage> {
    const [micros, id] = cursor === undefined ? [null, null] : positionOf(cursor);
    const rows = await this.database.run(SYSTEM_TENANT_ID, (tx) =>
      tx.query<Row>(DUE, [WARN_DAYS, states ?? null, micros, id, limit + 1]),
    );
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    return { items: page.map(dueRotation), next: last ? `${last.micros}.${last.id}` : null };
  }
}

function dueRotation({ tenant_id, id, provider, name, due_at, now }: Row): DueRotation {
  const state = rotationOf(due_at, now).state === 'overdue' ? 'overdue' : 'due';
  return { tenantId: tenant_id, integrationId: id, provider, name, state, dueAt: due_at };
}

function positionOf(cursor: string): readonly [string, string] {
  const [, micros = '', id = ''] = /^(\d{1,18})\.([0-9a-f-]{36})$/.exec(cursor) ?? [];
  if (!isUuid(id)) throw new InvalidFieldsError([{ path: 'cursor', message: 'expected `next` of the previous page' }]);
  return [micros, id];
}
