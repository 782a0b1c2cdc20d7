export * from './credential-vault.port';
export * from './provider';
