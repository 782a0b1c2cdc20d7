import { Inject, Injectable, type Provider, type Type } from '@nestjs/common';
import { SqsConsumerEventHandler, SqsMessageHandler } from '@ssut/nestjs-sqs';
import type { Message } from '@aws-sdk/client-sqs';
import type { QueueReader } from './queue-reader';

/** The readers of the platform's own queues, by URL; built before the consumers, which take their options from them. */
export const PLATFORM_READERS = Symbol('PLATFORM_READERS');
export type PlatformReaders = ReadonlyMap<string, QueueReader>;

/**
 * `@ssut/nestjs-sqs` finds a queue's handler by a decorator whose name is fixed when the class is defined, so every queue
 * gets a class of its own, made here. The event handlers must be in the same class: the library calls those of another
 * class with the message handler's `this`.
 */
export function platformQueueHandler(url: string): Type {
  @Injectable()
  class PlatformQueueHandler {
    constructor(@Inject(PLATFORM_READERS) private readonly readers: PlatformReaders) {}

    @SqsMessageHandler(url, true)
    handle(messages: Message[]): Promise<Message[]> {
      return this.reader().handle(messages);
    }

    @SqsConsumerEventHandler(url, 'error')
    onError(error: unknown): void {
      this.reader().onError(error);
    }

    @SqsConsumerEventHandler(url, 'processing_error')
    onProcessingError(error: unknown): void {
      this.reader().onError(error);
    }

    @SqsConsumerEventHandler(url, 'empty')
    onEmpty(): void {
      this.reader().onEmpty();
    }

    private reader(): QueueReader {
      const reader = this.readers.get(url);
      if (!reader) throw new TypeError(`no reader was made for the queue ${url}`);
      return reader;
    }
  }
  return PlatformQueueHandler;
}

export function platformQueueHandlers(urls: readonly string[]): Provider[] {
  return urls.map(platformQueueHandler);
}
