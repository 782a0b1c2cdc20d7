export { acmeShop } from './acme-shop.provider';
export { AcmeShop, AcmeShopProviderModule } from './acme-shop.module';
