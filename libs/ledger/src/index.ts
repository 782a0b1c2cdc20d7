export * from './operation';
export * from './ports/operation-executor.port';
export * from './ports/payload-cipher.port';
