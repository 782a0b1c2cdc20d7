import { type DynamicModule, Global, Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import type { AppConfig } from './app-config';
import { AppConfigService } from './app-config.service';

/** Carries the configuration that `main.ts` has loaded and checked; modules never read the environment themselves. */
@Global()
@Module({})
export class AppConfigModule {
  static with(config: AppConfig): DynamicModule {
    return {
      module: AppConfigModule,
      imports: [
        ConfigModule.forRoot({
          ignoreEnvFile: true,
          ignoreEnvVars: true,
          validatePredefined: false,
          skipProcessEnv: true,
          load: [() => config],
        }),
      ],
      providers: [AppConfigService],
      exports: [AppConfigService],
    };
  }
}
