import type { UnixMs } from '#core/types.js';
import type { OwnChannel } from '../notify/receiver.js';
import type { Answer, PostRequest } from '../outbox/post.js';
import { verdictOf, type Verdict } from '../outbox/verdict.js';

export interface PostingOptions<Prepared> {
  readonly name: string;
  /** Reads the secrets and other files of one attempt. */
  prepare(): Promise<Prepared>;
  /** In order: each is sent when the one before it was taken. */
  requests(body: string, prepared: Prepared): readonly PostRequest[];
  judge?(answer: Answer, now: UnixMs): Verdict;
}

/** A channel of one or more HTTP requests per message. */
export function createPostingChannel<Prepared>({ name, prepare, requests, judge = verdictOf }: PostingOptions<Prepared>): OwnChannel {
  return {
    name,
    async check() {
      await prepare();
    },
    async deliver({ body }, now, { post, signal }) {
      let verdict: Verdict = { outcome: 'delivered' };
      for (const request of requests(body, await prepare())) {
        verdict = judge(await post(request, signal), now);
        if (verdict.outcome !== 'delivered') break;
      }
      return verdict;
    },
  };
}
