import { Injectable } from '@nestjs/common';
import type { Queryable } from '@puente/database';
import { LaneReports, type RefusedLane, type ResumedLane } from '@puente/ledger';
import { OperatorEvents, targetOf } from '@puente/tenancy';
import { integrationOfLane } from '../gateway/call-plan';

const CODE = /^[\w.:-]{1,64}$/;

/** Tells operators when a provider begins to refuse credentials, and when its operations go on. */
@Injectable()
export class CredentialEvents extends LaneReports {
  constructor(private readonly events: OperatorEvents) {
    super();
  }

  /** Lanes that pause one after another for the same reason are one event. */
  refused(tx: Queryable, lanes: readonly RefusedLane[]): Promise<() => void> {
    return this.recordAll(lanes, ({ tenantId, provider, integration, code, mendedAt }) =>
      this.events.record(tx, {
        tenantId,
        type: 'credentials.refused',
        subject: targetOf({ provider, name: integration }),
        data: { provider, integration, code: code !== null && CODE.test(code) ? code : null },
        occasion: [provider, integration, mendedAt ?? '-'].join('/'),
      }),
    );
  }

  resumed(tx: Queryable, lanes: readonly ResumedLane[]): Promise<() => void> {
    const accounts = new Map(
      lanes.map(({ tenantId, provider, laneKey }) => {
        const integration = integrationOfLane(laneKey);
        return [[tenantId, provider, integration].join('/'), { tenantId, provider, integration }];
      }),
    );
    return this.recordAll([...accounts.values()], ({ tenantId, provider, integration }) =>
      this.events.record(tx, {
        tenantId,
        type: 'credentials.recovered',
        subject: targetOf({ provider, name: integration }),
        data: { provider, integration },
      }),
    );
  }

  private async recordAll<T>(items: readonly T[], record: (item: T) => Promise<() => void>): Promise<() => void> {
    const told: (() => void)[] = [];
    for (const item of items) told.push(await record(item));
    return () => {
      for (const tell of told) tell();
    };
  }
}
