/** What broker and stand-in say to each other, over the channel between a process and its child. */

export interface BrokerSettings {
  readonly port: number;
}

/** Asked by the broker before it does something. Each question has one answer, by its number. */
export type BrokerQuestion =
  | {
      readonly kind: 'connect';
      readonly id: number;
      readonly client: string;
      readonly username: string;
      readonly password: string;
    }
  | ({ readonly kind: 'publish'; readonly id: number } & BrokerMessage);

export interface BrokerMessage {
  readonly client: string;
  readonly topic: string;
  readonly payloadBase64: string;
  readonly qos: number;
  readonly retain: boolean;
  /** The broker published it for a client that had gone. */
  readonly will: boolean;
}

export interface BrokerVerdict {
  /** CONNACK, of a connection: 0 takes it. */
  readonly returnCode?: number;
  /** `before` what was asked for happens, or after it. */
  readonly reset?: 'before' | 'after' | undefined;
  /** How late the answer is. */
  readonly delayMs?: number | undefined;
  /** How late the effect is. */
  readonly applyAfterMs?: number | undefined;
}

export interface BrokerAnswer extends BrokerVerdict {
  readonly kind: 'answer';
  readonly id: number;
}

/** Told by the stand-in, without an answer. */
export type BrokerOrder =
  | {
      readonly kind: 'publish';
      readonly topic: string;
      readonly payloadBase64: string;
      readonly qos: 0 | 1;
      readonly retain: boolean;
    }
  | { readonly kind: 'disconnect'; readonly client: string | undefined };

export interface BrokerReady {
  readonly kind: 'ready';
  readonly port: number;
}

export type FromBroker = BrokerQuestion | BrokerReady;
export type ToBroker = BrokerAnswer | BrokerOrder;
