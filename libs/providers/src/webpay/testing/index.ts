import type { StandIn, StandInFactory } from '@puente/integrations/testing';

/** Claims nothing: the sandbox starts, and Webpay is not there. */
const nobody: StandIn = {
  id: 'webpay',
  claims: () => false,
  operation: () => 'none',
  handle: async () => ({ status: 404 }),
  failure: (_request, { status }) => ({ status }),
};

export const standIn: StandInFactory = () => nobody;
