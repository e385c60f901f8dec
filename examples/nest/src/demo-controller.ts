import { Body, Controller, Header, Inject, Post, Res } from '@nestjs/common';
import { makeToken } from '@realtime-notify/example-shared';

export const jwtSecretToken = Symbol('the secret of the tokens');

@Controller('demo')
export class DemoController {
  readonly #secret: Uint8Array;

  constructor(@Inject(jwtSecretToken) secret: Uint8Array) {
    this.#secret = secret;
  }

  @Post('token')
  @Header('Cache-Control', 'no-store')
  async token(@Body() asked: unknown, @Res({ passthrough: true }) response: Reply) {
    const { status, body } = await makeToken(asked, this.#secret);
    response.status(status);
    return body;
  }
}

/** What the replies of both platforms have. */
interface Reply {
  status(code: number): unknown;
}
