import 'reflect-metadata';
import { environment, loadConfig } from '@puente/config';
import { DocumentLibrary, ProviderCatalogue } from '@puente/integrations';
import { catalog } from '@puente/providers';
import { ApiModule } from '../../../apps/api/src/api.module';
import { startApi } from '../../../apps/api/src/start-api';
import { withFaults } from './fault-modules';
import { FaultOrders } from './fault-orders';
import { FaultOrdersController } from './fault-orders.controller';
import { runAsProcess } from './run-as-process';

/** The documents of the product: the one provider more has none. */
const documents = {
  provide: DocumentLibrary,
  useFactory: () => new DocumentLibrary(new ProviderCatalogue(catalog).providers),
};
const assembled = ApiModule.with.bind(ApiModule);
ApiModule.with = (config) =>
  withFaults(assembled(config), { controllers: [FaultOrdersController], providers: [FaultOrders, documents] });

runAsProcess(() => startApi(loadConfig(environment())));
