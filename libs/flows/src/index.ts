export * from './functions';
export * from './notifications';
export * from './webhooks';
