export * from './accounting';
export * from './functions';
export * from './notifications';
export * from './payments';
export * from './purchases';
export * from './webhooks';
