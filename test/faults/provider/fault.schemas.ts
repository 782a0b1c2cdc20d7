import { z } from 'zod';

/** What the fault stand-in opens to: one token per tenant, so that it sees whose credentials a call came with. */
export const FaultSecrets = z.strictObject({ token: z.string().min(8) });
export const FaultConfig = z.strictObject({ url: z.url() });

/**
 * One piece of work. `ref` is like no other's: the witness counts effects by it. The last two are what a bug would be:
 * `poison` kills the process that runs the call, `throws` makes the adapter throw in the first tries.
 */
export const Work = z.strictObject({
  ref: z.string().min(1),
  bucket: z.string().default('a'),
  poison: z.boolean().default(false),
  throws: z.int().min(0).default(0),
});
export type Work = z.output<typeof Work>;

export const Receipt = z.object({ receipt: z.string(), ref: z.string() });
export type Receipt = z.output<typeof Receipt>;

/** What `ask` answers. */
export const Answered = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('applied'), output: Receipt }),
  z.object({ kind: z.literal('absent') }),
  z.object({ kind: z.literal('pending') }),
]);
