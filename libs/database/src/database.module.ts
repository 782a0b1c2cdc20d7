import { Global, Injectable, Logger, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AppConfigService } from '@puente/config';
import { AuthDatabase, DispatchDatabase } from './database-pool';
import { assertSafeRoles } from './role-check';
import { assertMigrated } from './run-migrations';
import { TenantDatabase } from './tenant-database';

/** Refuses to start on a schema that is behind or on roles that could see more than their share; closes the pools last. */
@Injectable()
export class DatabaseLifecycle implements OnModuleInit, OnApplicationShutdown {
  private readonly log = new Logger(DatabaseLifecycle.name);

  constructor(
    private readonly app: TenantDatabase,
    private readonly dispatch: DispatchDatabase,
    private readonly auth: AuthDatabase,
  ) {}

  async onModuleInit(): Promise<void> {
    await assertMigrated(this.app.withoutTenant);
    await assertSafeRoles({ app: this.app.withoutTenant, dispatch: this.dispatch, auth: this.auth });
    this.log.log('The database is migrated and its roles are safe');
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.dispatch.close(), this.auth.close()]);
  }
}

/** PostgreSQL under our three running roles, for every library; the owner's role is not here. */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [AppConfigService],
      useFactory: (config: AppConfigService) => ({
        type: 'postgres' as const,
        url: config.get('DATABASE_APP_URL'),
        poolSize: config.get('DATABASE_POOL_MAX'),
        autoLoadEntities: true,
        synchronize: false,
        installExtensions: false,
        retryAttempts: 0,
        applicationName: 'puente_app',
        extra: {
          connectionTimeoutMillis: 5_000,
          idle_in_transaction_session_timeout: 60_000,
          statement_timeout: 60_000,
          // Statements are planned once a connection, some of them while the tables are still empty.
          options: '-c enable_seqscan=off -c jit=off',
        },
        poolErrorHandler: () => undefined, // an idle connection that breaks is replaced at the next query
        logging: false,
      }),
    }),
  ],
  providers: [
    TenantDatabase,
    {
      provide: DispatchDatabase,
      inject: [AppConfigService],
      useFactory: (config: AppConfigService) =>
        new DispatchDatabase({
          url: config.get('DATABASE_DISPATCH_URL'),
          max: config.get('DATABASE_POOL_MAX'),
          applicationName: 'puente_dispatch',
        }),
    },
    {
      provide: AuthDatabase,
      inject: [AppConfigService],
      useFactory: (config: AppConfigService) =>
        new AuthDatabase({
          url: config.get('DATABASE_AUTH_URL'),
          max: config.get('DATABASE_POOL_MAX'),
          applicationName: 'puente_auth',
        }),
    },
    DatabaseLifecycle,
  ],
  exports: [TenantDatabase, DispatchDatabase, AuthDatabase],
})
export class DatabaseModule {}
