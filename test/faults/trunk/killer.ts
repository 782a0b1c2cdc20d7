import type { SandboxProcess } from '../../support/sandbox-process';
import { until } from '../../support/sandbox-until';
import type { Victim } from './fault-plan';

const ALIVE_WITHIN_MS = 60_000;

/** kill -9, and starting again what nobody else starts again. */
export class Killer {
  readonly killed: Partial<Record<Victim, number>> = {};

  constructor(private readonly sandbox: SandboxProcess) {}

  /** Waits for the victim to live before it dies: a kill that hits nothing does not count. */
  async kill(victim: Victim): Promise<void> {
    if (victim === 'everything') {
      await this.sandbox.killAll();
      await this.sandbox.startAgain();
    } else if (victim === 'supervisor') {
      await this.sandbox.killSupervisor();
      await this.sandbox.startAgain();
    } else {
      await until(() => this.sandbox.kill(victim), { withinMs: ALIVE_WITHIN_MS, everyMs: 20, what: `${victim} lives` });
    }
    this.killed[victim] = (this.killed[victim] ?? 0) + 1;
  }

  /** Kills at which calls to a provider were cut off: the API makes none in the background. */
  get cuttingKills(): number {
    const { worker = 0, postgres = 0, everything = 0, supervisor = 0 } = this.killed;
    return worker + postgres + everything + supervisor;
  }
}
