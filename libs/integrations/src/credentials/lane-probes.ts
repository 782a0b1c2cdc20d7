import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { Clock } from '@puente/kernel';
import { integrationOfLane } from '../gateway/call-plan';
import { IntegrationLanes } from './integration-lanes';
import { LaneProbeLog } from './lane-probe-log';
import { type PausedLane, PausedLanes } from './paused-lanes';
import { StoredCredentialProbe } from './stored-credential-probe';

/** How long a paused lane waits until its credentials are tried again. */
export const PROBE_EVERY_MS = 60_000;
/** How often this worker looks whether a lane's turn has come. */
const LOOK_EVERY_MS = 10_000;
/** Lanes tried in one look, side by side. */
const AT_ONCE = 10;

/**
 * Lets lanes go on whose credentials work again although nobody told us: a permission was added at the provider, a
 * subscription was paid. Saving new credentials resumes them at once and does not wait for this. A worker starts it.
 */
@Injectable()
export class LaneProbes implements BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly paused: PausedLanes,
    private readonly credentials: StoredCredentialProbe,
    private readonly lanes: IntegrationLanes,
    private readonly clock: Clock,
    private readonly log: LaneProbeLog,
  ) {}

  start(): void {
    this.running ??= this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** One look. @returns how many integrations go on */
  async probeDue(everyMs: number = PROBE_EVERY_MS): Promise<number> {
    const due = await this.paused.takeDue(everyMs, AT_ONCE);
    const resumed = await Promise.all(onePerIntegration(due).map((lane) => this.probe(lane)));
    return resumed.filter(Boolean).length;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.probeDue().catch((error: unknown) => this.log.failed(error));
      await this.clock.sleep(LOOK_EVERY_MS, signal);
    }
  }

  private async probe(lane: PausedLane): Promise<boolean> {
    const integration = integrationOfLane(lane.laneKey);
    const outcome = await this.credentials.probe(lane.tenantId, lane.provider, integration);
    if (outcome.kind !== 'ok') {
      this.log.stillRefused(lane, integration, outcome);
      return false;
    }
    await this.paused.noteTry(lane.tenantId, lane.provider, integration);
    await this.lanes.resume(lane.tenantId, lane.provider, integration);
    this.log.resumed(lane, integration);
    return true;
  }
}

/** Lanes of one integration share their credentials: one question answers for all. */
function onePerIntegration(lanes: readonly PausedLane[]): PausedLane[] {
  const byIntegration = new Map(
    lanes.map((lane) => [JSON.stringify([lane.tenantId, lane.provider, integrationOfLane(lane.laneKey)]), lane]),
  );
  return [...byIntegration.values()];
}
