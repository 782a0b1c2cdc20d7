export * from './sns.stand-in';
