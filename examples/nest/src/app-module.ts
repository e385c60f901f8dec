import type { DynamicModule } from '@nestjs/common';
import { type ExampleContext, mountOptions } from '@realtime-notify/example-shared';
import { RealtimeNotifyModule } from '@realtime-notify/nest';
import { DemoController, jwtSecretToken } from './demo-controller.js';

class AppModule {}

/** The application: notifications, and a controller of its own. */
export function appModule({ notifier, jwtSecret, logger }: ExampleContext): DynamicModule {
  return {
    module: AppModule,
    imports: [RealtimeNotifyModule.forRoot({ notifier, ...mountOptions(jwtSecret, logger) })],
    providers: [{ provide: jwtSecretToken, useValue: jwtSecret }],
    controllers: [DemoController],
  };
}
