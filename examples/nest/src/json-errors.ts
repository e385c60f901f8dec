import { type ArgumentsHost, Catch, type ExceptionFilter, type HttpServer } from '@nestjs/common';
import { answerToError, type ExampleContext } from '@realtime-notify/example-shared';

/** What the application and its body parser refuse, as `{code, message}` on either platform. */
@Catch()
export class JsonErrors implements ExceptionFilter {
  readonly #platform: HttpServer;
  readonly #logger: ExampleContext['logger'];

  constructor(platform: HttpServer, logger: ExampleContext['logger']) {
    this.#platform = platform;
    this.#logger = logger;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const { status, body } = answerToError(error, this.#logger);
    this.#platform.reply(host.switchToHttp().getResponse(), body, status);
  }
}
