import { listenJson, type Listening } from './http.js';

export interface Message {
  readonly offset: number;
  readonly value: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Fetched {
  readonly messages: readonly Message[];
  /** Messages that wait behind these. */
  readonly lag: number;
}

const MAX_MESSAGES = 10_000;
const MAX_FETCH = 10;
const LONG_POLL_MS = 1_000;

/** A message broker with one topic and one consumer group: POST / appends, GET / takes up to ten, waiting a second for the first. */
export async function startBroker(): Promise<Listening> {
  const queue: Message[] = [];
  let offset = 0;
  let arrived: (() => void) | undefined;

  async function fetchMessages(): Promise<Fetched> {
    if (queue.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LONG_POLL_MS);
        arrived = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const messages = queue.splice(0, MAX_FETCH);
    return { messages, lag: queue.length };
  }

  return listenJson(async (request, body) => {
    if (request.method === 'GET') return request.url === '/lag' ? { messages: [], lag: queue.length } : fetchMessages();
    const { value, headers } = JSON.parse(body) as Omit<Message, 'offset'>;
    if (queue.length >= MAX_MESSAGES) throw new Error('the topic is full');
    queue.push({ offset, value, headers });
    arrived?.();
    arrived = undefined;
    offset += 1;
    return { offset: offset - 1 };
  });
}
