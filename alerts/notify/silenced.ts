import { messageOf } from '#core/errors.js';
import type { Logger } from '#core/log.js';
import { createRepeat } from '#core/repeat.js';
import { createSerial } from '#core/serial.js';
import type { Component, Consumer, IncidentEvent } from '#core/types.js';

/** How often it is looked whether a silence ended. */
const LOOK_MS = 5_000;

export interface SilencedOptions {
  readonly logger: Logger;
  readonly isSilenced: (incident: string) => boolean;
  readonly next: Consumer<IncidentEvent>;
}

/** Holds back events of incidents that are silenced: the last of each is told when the silence is over. */
export function createSilenced({ logger, isSilenced, next }: SilencedOptions): Component & Consumer<IncidentEvent> {
  const held = new Map<string, IncidentEvent>();
  const serial = createSerial();

  async function tell(event: IncidentEvent): Promise<void> {
    const { id } = event.incident;
    if (isSilenced(id)) return void held.set(id, event);
    held.delete(id);
    try {
      await next.consume(event);
    } catch (error) {
      held.set(id, event);
      throw error;
    }
  }

  async function look(): Promise<void> {
    for (const event of held.values()) await tell(event);
  }

  const looking = createRepeat(LOOK_MS, () => serial(look), (error) => logger.warn({ error: messageOf(error) }, 'incidents could not be told after their silence; trying again'));

  return {
    name: 'silenced',
    // What is old is not told after what is newer.
    consume: (event) => serial(() => tell(event)),
    start: async () => looking.start(),
    async stop() {
      await looking.stop();
      await serial(() => Promise.resolve());
    },
  };
}
