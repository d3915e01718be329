import { placeOfMetric } from '#core/series-id.js';

const PLACES = 256;

/** The name of a metric as a text, and what it adds to ids. */
export interface MetricName {
  readonly text: string;
  readonly place: number;
  readonly from: number;
  readonly to: number;
}

/** Names of metrics in one body, by a hash of their bytes; which one is kept of those that meet does not matter. */
export class MetricNames {
  readonly #places: (MetricName | undefined)[] = Array.from({ length: PLACES });

  of(body: Buffer, from: number, to: number, hash: number): MetricName {
    const place = (hash ^ (hash >>> 15)) & (PLACES - 1);
    const known = this.#places[place];
    if (known && areSame(body, from, to, known.from, known.to)) return known;
    const text = body.toString('utf8', from, to);
    return (this.#places[place] = { text, place: placeOfMetric(text), from, to });
  }
}

/** Text of the bytes that came last: neighbours say the same most of the time. */
export class LastText {
  #text = '';
  #from = 0;
  #to = 0;

  of(body: Buffer, from: number, to: number): string {
    if (!areSame(body, from, to, this.#from, this.#to)) this.#text = body.toString('utf8', from, to);
    this.#from = from;
    this.#to = to;
    return this.#text;
  }
}

export function areSame(body: Buffer, from: number, to: number, otherFrom: number, otherTo: number): boolean {
  if (to - from !== otherTo - otherFrom) return false;
  for (let at = from, other = otherFrom; at < to; at += 1, other += 1) if (body[at] !== body[other]) return false;
  return true;
}
