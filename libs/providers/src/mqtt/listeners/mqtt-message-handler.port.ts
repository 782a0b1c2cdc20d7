/** A message as it came. Which tenant it is for is told by the account that listened, never by the message. */
export interface MqttMessage {
  readonly tenantId: string;
  readonly integration: string;
  readonly topic: string;
  /** Any bytes: whoever publishes may be anybody. */
  readonly payload: Buffer;
  /** 0: its sender did not ask that it arrives; nobody sends it again. */
  readonly qos: 0 | 1;
  /** The broker kept it from before we subscribed. */
  readonly retained: boolean;
}

/** Why a message is given up without having been handled. */
export type MqttRefusal = 'TOO_LARGE' | 'HANDLER_FAILED';

/** What takes the messages, one at a time per account, in the order in which the broker sends them. */
export abstract class MqttMessageHandler {
  /**
   * Resolves after its commit: only then is the message acknowledged. The same message may come again, with the same bytes
   * and nothing else to know it by, so handling it twice must be as handling it once. What cannot be understood is written
   * down and resolves as well: it would come again for ever.
   *
   * @throws when it cannot be handled now; it is tried again, for as long as PostgreSQL is away, or else a few times
   */
  abstract handle(message: MqttMessage): Promise<void>;

  /**
   * Writes down that a message was given up, with as much of it as is wanted; then it is acknowledged.
   *
   * @throws when it cannot be written down now; the message comes again
   */
  abstract refuse(message: MqttMessage, reason: MqttRefusal): Promise<void>;
}
