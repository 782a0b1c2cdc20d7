import { request } from 'undici';
import type { ContractWorld, WireFault } from './contract-subject';

export interface ControlPlaneOptions {
  /** Origin of the stand-in host. */
  readonly url: string;
  /** The stand-in's id: `/_sandbox/<id>/…`. */
  readonly standIn: string;
  /** Path under `/_sandbox` and body that make the good credentials bad, and good again. */
  readonly revoke?: { readonly path: string; readonly body: object };
  readonly restore?: { readonly path: string; readonly body: object };
}

/** The suite's world over a real stand-in host and its control plane. */
export function controlledWorld({ url, standIn, revoke, restore }: ControlPlaneOptions): ContractWorld {
  const ask = async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown> => {
    const answer = await request(`${url}/_sandbox/${path}`, {
      method,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300)
      throw new Error(`${method} /_sandbox/${path} answered ${String(answer.statusCode)}: ${text}`);
    return JSON.parse(text) as unknown;
  };
  return {
    url,
    effects: async () => ((await ask('GET', `${standIn}/received`)) as unknown[]).length,
    fault: async (fault: WireFault) => {
      await ask('POST', `${standIn}/faults`, fault);
    },
    clearFaults: async () => {
      await ask('DELETE', `${standIn}/faults`);
    },
    revoke: async () => {
      if (revoke) await ask('POST', revoke.path, revoke.body);
    },
    restore: async () => {
      if (restore) await ask('POST', restore.path, restore.body);
    },
  };
}
