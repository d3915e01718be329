import { type Source, Tally } from './outcome.js';
import { Reader } from './reader.js';
import { readResource, readScope, type Resource, type Scope } from './resource.js';

/** Where a record comes from. */
export interface Origin {
  readonly resource: Resource;
  readonly scope: Scope;
  readonly source: Source;
}

/** Every span, log record or metric of an export request: the three nest in the same way, under the same field numbers. Undefined at everything else, for a pause: there can be millions of groups, scopes and unknown fields without a record. */
export function* records(body: Buffer, tally: Tally): Generator<{ readonly record: Reader; readonly origin: Origin } | undefined, void> {
  const request = new Reader(body);
  while (request.next()) {
    yield undefined;
    if (request.field !== 1) {
      request.skip();
      continue;
    }
    const group = request.message();
    const resource = readResource(group);
    const source = tally.source(resource);
    while (group.next()) {
      yield undefined;
      if (group.field !== 2) {
        group.skip();
        continue;
      }
      const scoped = group.message();
      const origin = { resource, scope: readScope(scoped), source };
      while (scoped.next()) {
        if (scoped.field === 2) yield { record: scoped.message(), origin };
        else {
          yield undefined;
          scoped.skip();
        }
      }
    }
  }
}
