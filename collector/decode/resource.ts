import { PipelineError } from '#core/errors.js';
import { MapColumn } from '#store/native.js';
import { entries, readAttribute } from './attributes.js';
import { LENGTH, Reader } from './reader.js';
import { ATTRIBUTE, fieldsLeft, MAX_FIELDS, type Parts } from './wide.js';

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

/** What is stored for a resource that does not name its service, as the OTel specification has it; SDKs append their executable to it. */
const UNKNOWN_SERVICE = 'unknown_service';

const RESOURCE: Parts = { 1: ATTRIBUTE };
const SCOPE: Parts = { 3: ATTRIBUTE };

/** What is left of so many fields after this part of a resource or scope. */
function countPart({ bytes, pos, end }: Reader, parts: Parts, fields: number): number {
  return spent(fieldsLeft(new Reader(bytes, pos, end), parts, fields));
}

/** One less. Throws BODY_TOO_LARGE when there is none: what is below a resource or scope cannot be stored without it. */
function spent(fields: number): number {
  if (fields <= 0) throw new PipelineError('BODY_TOO_LARGE', `a resource or scope of more than ${MAX_FIELDS} fields: attributes and what is in them`, { retryable: false });
  return fields - 1;
}

/** Reads Resource and schema_url of a ResourceSpans, ResourceMetrics or ResourceLogs; fields may come in any order and in parts. */
export function readResource(container: Reader): Resource {
  const attributes = new MapColumn('');
  let schemaUrl = '';
  let fields = MAX_FIELDS;
  const from = container.pos;
  while (container.next()) {
    if (container.field === 1) {
      const resource = container.message();
      fields = countPart(resource, RESOURCE, fields);
      while (resource.next()) {
        if (resource.field === 1) readAttribute(resource, attributes);
        else resource.skip();
      }
    } else if (container.field === 3) {
      container.expect(LENGTH);
      schemaUrl = container.text();
    } else {
      if (container.field !== 2) fields = spent(fields);
      container.skip();
    }
  }
  container.pos = from;
  const record = entries(attributes);
  const service = record['service.name'] || UNKNOWN_SERVICE;
  const sdk = `${record['telemetry.sdk.language'] ?? ''} ${record['telemetry.sdk.version'] ?? ''}`.trim();
  return { attributes, record, service, named: !/^unknown_service(:|$)/.test(service), sdk, schemaUrl, size: attributes.size + service.length + schemaUrl.length };
}

/** Reads InstrumentationScope and schema_url of a ScopeSpans, ScopeMetrics or ScopeLogs. */
export function readScope(container: Reader): Scope {
  const attributes = new MapColumn('');
  let name = '';
  let version = '';
  let schemaUrl = '';
  let fields = MAX_FIELDS;
  const from = container.pos;
  while (container.next()) {
    if (container.field === 1) {
      const scope = container.message();
      fields = countPart(scope, SCOPE, fields);
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
      if (container.field !== 2) fields = spent(fields);
      container.skip();
    }
  }
  container.pos = from;
  return { name, version, attributes, schemaUrl, size: attributes.size + name.length + version.length + schemaUrl.length };
}
