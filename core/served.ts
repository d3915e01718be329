const SERVED = /(?:_server_.*|^messaging_process_)duration(?:_[a-z]+)?_(mean|count)$/;

/** Whether a metric is how long what a service serves takes, or how much of it there is, as OpenTelemetry names them: http.server.request.duration, rpc.server.duration, messaging.process.duration. */
export function servedOf(metric: string): 'mean' | 'count' | undefined {
  return SERVED.exec(metric)?.[1] as 'mean' | 'count' | undefined;
}
