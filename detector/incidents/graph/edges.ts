export interface Edge {
  readonly client: string;
  readonly server: string;
  /** Recent error ratio minus the earlier one, 0..1. */
  readonly errorRise: number;
  /** Recent mean duration over the earlier one; 1 when unknown or of no practical interest. */
  readonly slowdown: number;
  /** So many calls came lately, and before, that the rise of their errors is known. */
  readonly isKnown?: boolean;
  /** Calls that each request of the client leads to lately, over those before; absent or 1 where that is not known. */
  readonly perRequest?: number;
  /** Calls that each request of the client leads to lately; absent where its requests are not known. */
  readonly times?: number;
  /** The server sends no spans of its own: it may be in trouble unseen. */
  readonly silent?: boolean;
  /** No calls: the server is a host that the client runs on. */
  readonly host?: boolean;
  /** No calls: the client is a queue that the server takes from. */
  readonly taken?: boolean;
}

/** Share of calls that fail more, and factor of their mean duration, from which calls have become worse. */
export const LEAST_RISE = 0.05;
const LEAST_SLOWDOWN = 2;

export const failing = ({ errorRise }: Edge): boolean => errorRise >= LEAST_RISE;
export const isSlow = ({ slowdown }: Edge): boolean => slowdown >= LEAST_SLOWDOWN;
export const degraded = (edge: Edge): boolean => failing(edge) || isSlow(edge);

/** Where fewer calls were due, their number says nothing. */
const LEAST_DUE = 10;
/** Standard deviations of a count by which calls are missing, or too many. */
const SURE = 3;
/** Share of the missing calls that are made elsewhere from which none are left out. */
const MOVED = 0.5;

/** How many there were lately, and before. */
export interface Counted {
  readonly recent: number;
  readonly before: number;
}

/** For each callee of one caller the calls that a request leads to lately over those that it led to before; 1 where the difference may be chance, or where the calls that are missing go elsewhere: to a queue that nobody reads, under the address of what no longer answers. */
export function perRequest(calls: readonly Counted[], requests: Counted): number[] {
  const due = calls.map(({ before }) => (requests.before < LEAST_DUE ? 0 : (requests.recent * before) / requests.before));
  const surplus = calls.reduce((sum, { recent }, at) => sum + Math.max(0, recent - (due[at] ?? 0)), 0);
  return calls.map(({ recent, before }, at) => {
    const expected = due[at] ?? 0;
    if (before < LEAST_DUE || expected < LEAST_DUE || Math.abs(recent - expected) < SURE * Math.sqrt(expected)) return 1;
    return surplus >= MOVED * (expected - recent) && recent < expected ? 1 : recent / expected;
  });
}

/** Of an edge, recently and before: fewer say nothing. */
const LEAST_CALLS = 10;
/** Of these, fewer that failed are chance. */
const LEAST_FAILED = 2;
/** Of fewer calls, so many more that failed than were due are none. */
const FEW_FAILED = 3;
/** A mean that grew by less is no cause, whatever the ratio. */
const LEAST_SLOWDOWN_MS = 20;

/** What calls came to in a time. */
export interface CallSums {
  readonly count: number;
  readonly errors: number;
  readonly durationMs: number;
}

/** How calls go lately, beside how they went before. */
function healthOf(recent: CallSums, before: CallSums): Pick<Edge, 'errorRise' | 'slowdown' | 'isKnown'> {
  const failedMore = recent.errors - (recent.count * before.errors) / before.count;
  if (before.count < LEAST_CALLS || (recent.count < LEAST_CALLS && failedMore < FEW_FAILED)) return { errorRise: 0, slowdown: 1 };
  const [now, then] = [recent.durationMs / recent.count, before.durationMs / before.count];
  const errors = recent.errors < LEAST_FAILED ? 0 : recent.errors;
  return { errorRise: errors / recent.count - before.errors / before.count, slowdown: then > 0 && now - then >= LEAST_SLOWDOWN_MS ? now / then : 1, isKnown: true };
}

/** Calls of one service to another: as they went, how many were made, and what the client was asked meanwhile. */
export interface Calls {
  readonly client: string;
  readonly server: string;
  readonly recent: CallSums;
  readonly before: CallSums;
  readonly made: Counted;
  readonly asked: Counted;
}

/** How calls go lately, beside how they went before. */
export function edgesOf(all: readonly Calls[]): Edge[] {
  const byClient = new Map<string, Calls[]>();
  for (const calls of all) {
    const known = byClient.get(calls.client);
    if (known) known.push(calls);
    else byClient.set(calls.client, [calls]);
  }
  return [...byClient.values()].flatMap((own) => {
    const asked = own[0]?.asked ?? NOTHING;
    const factors = perRequest(own.map(({ made }) => made), asked);
    return own.map(({ client, server, recent, before, made }, at): Edge => {
      const factor = failsMore(recent, before) ? 1 : (factors[at] ?? 1);
      return { client, server, ...healthOf(recent, before), ...(factor !== 1 && { perRequest: factor }), ...(asked.recent > 0 && { times: made.recent / asked.recent }) };
    });
  });
}

/** Whether of however few calls that are left more fail: those that an open circuit breaker lets through. */
const failsMore = (recent: CallSums, before: CallSums): boolean => recent.count > 0 && before.count > 0 && recent.errors / recent.count - before.errors / before.count >= LEAST_RISE;

const NOTHING: Counted = { recent: 0, before: 0 };
