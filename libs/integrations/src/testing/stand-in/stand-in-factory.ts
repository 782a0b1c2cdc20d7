import type { AwsAccess } from '../aws/aws-access';
import type { StandIn } from './stand-in.port';

/** What stand-ins of one sandbox share. */
export interface StandInSurroundings {
  /** The access keys of its AWS account. */
  readonly aws: AwsAccess;
  /**
   * Of stand-ins that have a port of their own, by their ids; 0 takes a free one. Left out: it takes no connections, and
   * only its control plane is there.
   */
  readonly ports?: Readonly<Record<string, number>> | undefined;
}

/** `testing/index.ts` of every provider exports one as `standIn`: by that the sandbox finds it, without a list of its own. */
export type StandInFactory = (surroundings: StandInSurroundings) => StandIn;
