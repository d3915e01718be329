import type { UnixMs } from '#core/types.js';
import type { OwnChannel } from '../notify/receiver.js';
import type { Answer, PostRequest } from '../outbox/post.js';
import { verdictOf, type Verdict } from '../outbox/verdict.js';

export interface PostingOptions<Prepared> {
  readonly name: string;
  /** Reads the secrets and other files of one attempt. */
  readonly prepare: () => Promise<Prepared>;
  /** In order: each is sent when the one before it was taken. */
  readonly requests: (body: string, prepared: Prepared) => readonly PostRequest[];
  readonly judge?: (answer: Answer, now: UnixMs) => Verdict;
  /** What is sent once, at once, where this was refused; undefined when nothing is. */
  readonly instead?: (refused: PostRequest, answer: Answer) => PostRequest | undefined;
}

/** A channel of one or more HTTP requests per message. */
export function createPostingChannel<Prepared>({ name, prepare, requests, judge = verdictOf, instead }: PostingOptions<Prepared>): OwnChannel {
  return {
    name,
    async check() {
      await prepare();
    },
    async deliver({ id, body }, now, { post, signal }) {
      let verdict: Verdict = { outcome: 'delivered' };
      for (const [place, request] of requests(body, await prepare()).entries()) {
        // The same for every attempt: who gets it twice can tell.
        const headers = { ...request.headers, 'idempotency-key': place === 0 ? id : `${id}.${place}` };
        const sent = { ...request, headers };
        const answer = await post(sent, signal);
        const other = instead?.(sent, answer);
        verdict = judge(other ? await post(other, signal) : answer, now);
        if (verdict.outcome !== 'delivered') break;
      }
      return verdict;
    },
  };
}
