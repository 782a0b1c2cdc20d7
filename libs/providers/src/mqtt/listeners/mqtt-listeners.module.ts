import { type DynamicModule, type InjectionToken, Module, type ModuleMetadata, type Provider } from '@nestjs/common';
import { ListenerTurns } from './listener-turns';
import { MqttListenerLog } from './mqtt-listener-log';
import { ListenerPorts, MqttListeners } from './mqtt-listeners';

export interface MqttListenersOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Binds {@link MqttSubscriptions}, {@link MqttMessageHandler} and Clock. What they need comes from `imports`. */
  readonly ports: readonly (Provider & { provide: InjectionToken })[];
}

/**
 * Listening to brokers. One per application: in the worker.
 *
 * Needs, from global modules: the database, the egress guard, the credential vault and observability.
 */
@Module({})
export class MqttListenersModule {
  static forRoot({ imports = [], ports }: MqttListenersOptions): DynamicModule {
    return {
      module: MqttListenersModule,
      imports,
      providers: [...ports, ListenerPorts, ListenerTurns, MqttListenerLog, MqttListeners],
      exports: [MqttListeners],
    };
  }
}
