import type { AppConfig } from '@puente/config';
import type { OnUnknown } from '@puente/kernel';

export interface FunctionSpec {
  readonly summary: string;
  /** The installation's name for it: the variable of SYSTEMS S0.2. */
  readonly variable: keyof AppConfig & `FUNCTION_${string}_NAME`;
  /** `Event`: nobody waits for it, and Lambda runs it at least once. `RequestResponse`: its answer is the result. */
  readonly invocationType: 'Event' | 'RequestResponse';
  /**
   * What a lost answer means unless a tenant says otherwise. Lambda itself runs an `Event` at least once, so a function
   * that takes events must bear a repeat anyway: `resend` loses nothing and needs nobody. What was called for its answer
   * may have done something that nobody wants twice: `review` loses nothing either, and a person looks first.
   */
  readonly onUnknown: OnUnknown;
}

/** The functions of S0.2: which there are, what each is for and how it is invoked. Their names are configuration. */
export const FUNCTIONS = {
  notifications: {
    summary: 'E-mail and SMS notifications to users.',
    variable: 'FUNCTION_FINALITIXNOTIFICATIONS_NAME',
    invocationType: 'Event',
    onUnknown: 'resend',
  },
  'notifications-pubsub': {
    summary: 'Real-time notifications over WebSocket.',
    variable: 'FUNCTION_FINALITIXNOTIFICATIONSPUBSUB_NAME',
    invocationType: 'Event',
    onUnknown: 'resend',
  },
  contact: {
    summary: "Creates or updates the payer's contact.",
    variable: 'FUNCTION_FINALITIXCONTACT_NAME',
    invocationType: 'RequestResponse',
    onUnknown: 'review',
  },
} as const satisfies Readonly<Record<string, FunctionSpec>>;

export type FunctionId = keyof typeof FUNCTIONS;
export const FUNCTION_IDS = Object.keys(FUNCTIONS) as [FunctionId, ...FunctionId[]];

export function isFunctionId(text: string): text is FunctionId {
  return Object.hasOwn(FUNCTIONS, text);
}
