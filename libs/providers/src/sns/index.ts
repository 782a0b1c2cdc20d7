export { sns } from './sns.provider';
export { Sns, SnsProviderModule } from './sns.module';
