import path from 'node:path';
import type { StandIn, StandInFactory, StandInSurroundings } from '@puente/integrations/testing';
import { AwsAccess, StandInHost, StsStandIn } from '@puente/integrations/testing';
import { catalog } from '@puente/providers';
import { LambdaStandIn } from '@puente/providers/lambda/testing';
import { DemoShop } from '../shop/demo-shop';
import { demoFunctions } from './demo-functions';

export interface StandInsOptions {
  /** PostgreSQL, a database for the stand-ins alone. */
  readonly databaseUrl: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** `sandbox.json`: what the demo shop calls Puente with. No shop without it. */
  readonly sandboxFile?: string | undefined;
  /** Of those that have one of their own: `mqtt`, `smtp`. Left out: they take no connections. */
  readonly ports?: StandInSurroundings['ports'];
}

/** Where the providers' folders are, beside the apps: among the sources and among what is built of them. */
const PROVIDERS = path.resolve(__dirname, '../../../../libs/providers/src');

/** Stand-ins to which the sandbox gives more than they need. */
const furnished: Readonly<Record<string, StandInFactory>> = {
  lambda: ({ aws }) => new LambdaStandIn(aws, demoFunctions),
};

/**
 * All stand-ins on one loopback port. Put together here because providers do not know each other: SNS reaches SQS over
 * HTTP like any client. Tests that need more than one provider start the same.
 */
export async function startStandIns({ ports, ...options }: StandInsOptions): Promise<StandInHost> {
  const aws = new AwsAccess();
  const standIns = await Promise.all(catalog.map(({ meta }) => standInOf(meta.id, { aws, ports })));
  const shop = options.sandboxFile === undefined ? [] : [new DemoShop(options.sandboxFile)];
  return StandInHost.start({ ...options, parts: [aws, new StsStandIn(aws), ...standIns, ...shop] });
}

/** Found by the catalogue's id, so that a new provider is in the sandbox without a line here. */
async function standInOf(id: string, surroundings: StandInSurroundings): Promise<StandIn> {
  const { standIn } = (await import(path.join(PROVIDERS, id, 'testing'))) as { readonly standIn: StandInFactory };
  return (furnished[id] ?? standIn)(surroundings);
}
