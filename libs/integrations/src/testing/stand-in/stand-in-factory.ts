import type { AwsAccess } from '../aws/aws-access';
import type { StandIn } from './stand-in.port';

/** What stand-ins of one sandbox share. */
export interface StandInSurroundings {
  /** The access keys of its AWS account. */
  readonly aws: AwsAccess;
}

/** `testing/index.ts` of every provider exports one as `standIn`: by that the sandbox finds it, without a list of its own. */
export type StandInFactory = (surroundings: StandInSurroundings) => StandIn;
