export * from './ports/credential-catalogue.port';
