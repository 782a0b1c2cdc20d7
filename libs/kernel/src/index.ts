export * from './app-error';
export * from './call-decisions';
export * from './call-interceptor';
export * from './cancellation';
export * from './clock';
export * from './ids';
export type * from './json';
export * from './outcome';
export * from './secret';
