import type { StandInFactory } from '@puente/integrations/testing';
import { MqttStandIn } from './mqtt.stand-in';

export { MqttStandIn, SANDBOX_BROKER_LOGIN } from './mqtt.stand-in';

export const standIn: StandInFactory = ({ ports }) => new MqttStandIn(ports?.['mqtt']);
