import { Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { AppConfig } from './app-config';

/** The validated configuration, typed. Inject this instead of Nest's ConfigService, whose keys are plain strings. */
@Injectable()
export class AppConfigService {
  constructor(private readonly config: ConfigService<AppConfig, true>) {}

  get<K extends keyof AppConfig>(name: K): AppConfig[K] {
    return this.config.get(name, { infer: true });
  }
}
