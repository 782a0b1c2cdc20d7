export * from './aws';
export * from './credential-vault.port';
export * from './provider';
