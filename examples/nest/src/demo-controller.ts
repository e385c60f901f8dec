import { Body, Controller, Header, Inject, Post, Res } from '@nestjs/common';
import { type ExampleNotifier, makeToken, revokeForDemo } from '@realtime-notify/example-shared';
import { InjectNotifier } from '@realtime-notify/nest';

export const jwtSecretToken = Symbol('the secret of the tokens');

@Controller('demo')
export class DemoController {
  readonly #secret: Uint8Array;
  readonly #notifier: ExampleNotifier;

  constructor(
    @Inject(jwtSecretToken) secret: Uint8Array,
    @InjectNotifier() notifier: ExampleNotifier,
  ) {
    this.#secret = secret;
    this.#notifier = notifier;
  }

  @Post('token')
  @Header('Cache-Control', 'no-store')
  async token(@Body() asked: unknown, @Res({ passthrough: true }) response: Reply) {
    const { status, body } = await makeToken(asked, this.#secret);
    response.status(status);
    return body;
  }

  @Post('revoke')
  async revoke(@Body() asked: unknown, @Res({ passthrough: true }) response: Reply) {
    const { status, body } = await revokeForDemo(asked, this.#notifier);
    response.status(status);
    return body;
  }
}

/** What the replies of both platforms have. */
interface Reply {
  status(code: number): unknown;
}
