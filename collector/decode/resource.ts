import { PipelineError } from '#core/errors.js';
import { isUnnamed, UNKNOWN_SERVICE } from '#core/words.js';
import { MapColumn } from '#store/native.js';
import { entries, readAttribute } from './attributes.js';
import { LENGTH, Reader } from './reader.js';
import { ATTRIBUTE, COUNTED_BYTES, fieldsLeft, MAX_FIELDS, type Parts } from './wide.js';

/** What the records below one Resource share. */
export interface Resource {
  readonly attributes: MapColumn;
  readonly record: Readonly<Record<string, string>>;
  readonly service: string;
  /** Whether the sender gave it a name of its own. */
  readonly named: boolean;
  readonly sdk: string;
  readonly schemaUrl: string;
  /** Bytes that each row repeats of it. */
  readonly size: number;
}

export interface Scope {
  readonly name: string;
  readonly version: string;
  readonly attributes: MapColumn;
  readonly schemaUrl: string;
  /** Bytes that each row repeats of it. */
  readonly size: number;
}

const RESOURCE: Parts = { 1: ATTRIBUTE };
const SCOPE: Parts = { 3: ATTRIBUTE };

/** What takes a field of a container: its tag, and a byte. */
const FIELD_BYTES = 2;

/** What is left of so many bytes that need not be counted, after those of a field of `container`. When they are used up, the fields of all of it, which begins at `from`, are counted once. */
function takeRoom(room: number, bytes: number, container: Reader, from: number, parts: Parts): number {
  const left = room - FIELD_BYTES - bytes;
  if (room >= 0 && left < 0) countFields(new Reader(container.bytes, from, container.end), parts);
  return left;
}

/** Throws BODY_TOO_LARGE when a resource or scope has too many: what is below it cannot be stored without it. */
function countFields(container: Reader, parts: Parts): void {
  let fields = MAX_FIELDS;
  while (container.next()) {
    if (container.field === 1) fields = fieldsLeft(container.message(), parts, fields - 1);
    else {
      if (container.field > 3) fields -= 1;
      container.skip();
    }
    if (fields < 0) throw new PipelineError('BODY_TOO_LARGE', `a resource or scope of more than ${MAX_FIELDS} fields: attributes and what is in them`);
  }
}

/** Reads Resource and schema_url of a ResourceSpans, ResourceMetrics or ResourceLogs; fields may come in any order and in parts. */
export function readResource(container: Reader): Resource {
  const attributes = new MapColumn('');
  let schemaUrl = '';
  let room = COUNTED_BYTES;
  const from = container.pos;
  while (container.next()) {
    if (container.field === 1) {
      const resource = container.message();
      room = takeRoom(room, resource.end - resource.pos, container, from, RESOURCE);
      while (resource.next()) {
        if (resource.field === 1) readAttribute(resource, attributes);
        else resource.skip();
      }
    } else if (container.field === 3) {
      container.expect(LENGTH);
      schemaUrl = container.text();
    } else {
      if (container.field !== 2) room = takeRoom(room, 0, container, from, RESOURCE);
      container.skip();
    }
  }
  container.pos = from;
  const record = entries(attributes);
  const service = record['service.name'] || UNKNOWN_SERVICE;
  const sdk = `${record['telemetry.sdk.language'] ?? ''} ${record['telemetry.sdk.version'] ?? ''}`.trim();
  return { attributes, record, service, named: !isUnnamed(service), sdk, schemaUrl, size: attributes.size + service.length + schemaUrl.length };
}

/** Reads InstrumentationScope and schema_url of a ScopeSpans, ScopeMetrics or ScopeLogs. */
export function readScope(container: Reader): Scope {
  const attributes = new MapColumn('');
  let name = '';
  let version = '';
  let schemaUrl = '';
  let room = COUNTED_BYTES;
  const from = container.pos;
  while (container.next()) {
    if (container.field === 1) {
      const scope = container.message();
      room = takeRoom(room, scope.end - scope.pos, container, from, SCOPE);
      while (scope.next()) {
        if (scope.field === 1 || scope.field === 2) {
          scope.expect(LENGTH);
          if (scope.field === 1) name = scope.text();
          else version = scope.text();
        } else if (scope.field === 3) readAttribute(scope, attributes);
        else scope.skip();
      }
    } else if (container.field === 3) {
      container.expect(LENGTH);
      schemaUrl = container.text();
    } else {
      if (container.field !== 2) room = takeRoom(room, 0, container, from, SCOPE);
      container.skip();
    }
  }
  container.pos = from;
  return { name, version, attributes, schemaUrl, size: attributes.size + name.length + version.length + schemaUrl.length };
}
