export * from './policies';
export * from './retry-table';
