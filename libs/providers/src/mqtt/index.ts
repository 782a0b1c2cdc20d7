export { LISTENER_STATES, type ListenerState } from './listeners/mqtt-listener-log';
export { type ListenerView, MqttListeners } from './listeners/mqtt-listeners';
export { MqttListenersModule, type MqttListenersOptions } from './listeners/mqtt-listeners.module';
export { type MqttMessage, MqttMessageHandler, type MqttRefusal } from './listeners/mqtt-message-handler.port';
export { type MqttSubscription, MqttSubscriptions } from './listeners/mqtt-subscriptions.port';
export { mqtt } from './mqtt.provider';
export { Mqtt, MqttProviderModule } from './mqtt.module';
export { MAX_PAYLOAD_BYTES, Publish, Published, Topic, TopicFilter } from './mqtt.schemas';
