import { MapColumn } from '#store/native.js';
import { entries, readAttribute } from './attributes.js';
import { LENGTH, type Reader } from './reader.js';

/** What the records below one Resource share. */
export interface Resource {
  readonly attributes: MapColumn;
  readonly record: Readonly<Record<string, string>>;
  readonly service: string;
  readonly sdk: string;
  readonly schemaUrl: string;
}

export interface Scope {
  readonly name: string;
  readonly version: string;
  readonly attributes: MapColumn;
  readonly schemaUrl: string;
}

/** What is stored for a resource that does not name its service, as the OTel specification has it. */
export const UNKNOWN_SERVICE = 'unknown_service';

/** Reads field 1 (Resource) of a ResourceSpans, ResourceMetrics or ResourceLogs; fields may come in any order. */
export function readResource(container: Reader): Resource {
  const attributes = new MapColumn('');
  let schemaUrl = '';
  const from = container.pos;
  while (container.next()) {
    if (container.field === 1 && container.wire === LENGTH) {
      const resource = container.message();
      while (resource.next()) {
        if (resource.field === 1) readAttribute(resource, attributes);
        else resource.skip();
      }
    } else if (container.field === 3 && container.wire === LENGTH) schemaUrl = container.text();
    else container.skip();
  }
  container.pos = from;
  const record = entries(attributes);
  const language = record['telemetry.sdk.language'] ?? '';
  return { attributes, record, service: record['service.name'] || UNKNOWN_SERVICE, sdk: `${language} ${record['telemetry.sdk.version'] ?? ''}`.trim(), schemaUrl };
}

/** Reads field 1 (InstrumentationScope) of a ScopeSpans, ScopeMetrics or ScopeLogs. */
export function readScope(container: Reader): Scope {
  const attributes = new MapColumn('');
  let name = '';
  let version = '';
  let schemaUrl = '';
  const from = container.pos;
  while (container.next()) {
    if (container.field === 1 && container.wire === LENGTH) {
      const scope = container.message();
      while (scope.next()) {
        if (scope.field === 1 && scope.wire === LENGTH) name = scope.text();
        else if (scope.field === 2 && scope.wire === LENGTH) version = scope.text();
        else if (scope.field === 3) readAttribute(scope, attributes);
        else scope.skip();
      }
    } else if (container.field === 3 && container.wire === LENGTH) schemaUrl = container.text();
    else container.skip();
  }
  container.pos = from;
  return { name, version, attributes, schemaUrl };
}
