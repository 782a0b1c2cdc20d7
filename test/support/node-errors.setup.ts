import { types } from 'node:util';

/**
 * Jest runs tests in a realm of their own, so an error made by Node itself (`ECONNRESET`, `ENOENT`) is not
 * `instanceof Error` there, though it is in a real process. Libraries that ask, as the AWS SDK does, would behave
 * otherwise under test: this makes the answer the same.
 */
const ordinary = Function.prototype[Symbol.hasInstance];
Object.defineProperty(Error, Symbol.hasInstance, {
  value: function isInstance(this: unknown, value: unknown): boolean {
    return ordinary.call(this as () => void, value) || (this === Error && types.isNativeError(value));
  },
});
