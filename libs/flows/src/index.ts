export * from './functions';
export * from './notifications';
export * from './payments';
export * from './webhooks';
