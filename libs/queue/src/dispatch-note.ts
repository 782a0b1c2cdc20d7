import { z } from 'zod';

/** Ids in one message at most: a worker that receives it must find room for all of them. */
export const MOST_IDS = 10;

/** Operations of one tenant that are due. */
export interface DispatchNote {
  readonly tenantId: string;
  readonly ids: readonly string[];
  /** Not to be received before. */
  readonly delayS?: number;
}

const Body = z.strictObject({
  v: z.literal(1),
  installation: z.string(),
  ids: z.array(z.uuid()).min(1).max(MOST_IDS),
});

/** Ids and nothing else travel: whoever reads the queue learns nothing, and what it says is looked up in the ledger. */
export function noteBody(installation: string, ids: readonly string[]): string {
  return JSON.stringify({ v: 1, installation, ids });
}

/** @returns undefined when it is not a note of this installation, whatever else it may be */
export function readNote(installation: string, body: string | undefined): readonly string[] | undefined {
  try {
    const parsed = Body.safeParse(JSON.parse(body ?? ''));
    return parsed.success && parsed.data.installation === installation ? parsed.data.ids : undefined;
  } catch {
    return undefined;
  }
}
