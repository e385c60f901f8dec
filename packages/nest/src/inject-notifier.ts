import { Inject } from '@nestjs/common';
import { Notifier } from '@realtime-notify/core';

/**
 * Injects the notifier of the {@link RealtimeNotifyModule}. The class `Notifier` is the token, so that
 * this decorator is needed only where no type metadata is emitted, or a catalogue's types are written out.
 */
export function InjectNotifier(): ReturnType<typeof Inject> {
  return Inject(Notifier);
}
