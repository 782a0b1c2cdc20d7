export * from './functions';
export * from './notifications';
