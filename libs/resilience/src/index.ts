export * from './backoff';
export * from './policies';
export * from './retry-table';
