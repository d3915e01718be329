import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express, { type Router } from 'express';
import { messageOf } from '#core/errors.js';
import { askOver, type Ask } from '../ask.js';
import { TOOLS } from './tools.js';

/** An agent reads at most this much of one answer. */
const MAX_TEXT = 60_000;
const BODY_LIMIT = '1mb';
const INSTRUCTIONS = 'Faultline watches services by their OpenTelemetry and Prometheus data. Begin with list_incidents; explain_incident says what broke first and why; what_changed, log_patterns, search_traces and query_metrics go deeper. Everything here only reads.';

/** The Model Context Protocol over HTTP, stateless: each request stands for itself. Source: https://modelcontextprotocol.io/specification */
export function mcpOverHttp(version: string, ask: Ask, url: string): Router {
  const router = express.Router();
  router.post('/mcp', express.json({ limit: BODY_LIMIT }), (request, response, next) => {
    const server = build(version, ask, url);
    // Without a session: the transport wants the key absent, and its types do not know that.
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    response.on('close', () => void server.close());
    server.connect(transport as never).then(() => transport.handleRequest(request, response, request.body)).catch(next);
  });
  router.all('/mcp', (_request, response) => void response.status(405).setHeader('allow', 'POST').json({ jsonrpc: '2.0', error: { code: -32_000, message: 'this server keeps no sessions: send requests by POST' }, id: null }));
  return router;
}

/** The same over stdin and stdout, for agents that start their servers themselves. Asks the Faultline at `url`; resolves when stdin ends. */
export async function mcpOverStdio(version: string, url: string, authorization: string): Promise<void> {
  const server = build(version, askOver(url, authorization), url);
  const closed = new Promise<void>((resolve) => {
    server.server.onclose = resolve;
    process.stdin.once('end', resolve);
  });
  await server.connect(new StdioServerTransport());
  await closed;
}

function build(version: string, ask: Ask, url: string): McpServer {
  const server = new McpServer({ name: 'faultline', title: 'Faultline', version }, { instructions: INSTRUCTIONS });
  for (const tool of TOOLS) {
    const { name, title, description, input } = tool;
    server.registerTool(name, { title, description, inputSchema: input.shape, annotations: { readOnlyHint: true, openWorldHint: false } }, async (given: Readonly<Record<string, unknown>>) => {
      try {
        const text = await tool.run(ask, given, url);
        return { content: [{ type: 'text' as const, text: text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}\n… cut after ${MAX_TEXT} characters: ask for a shorter range or fewer rows` }] };
      } catch (error) {
        return { content: [{ type: 'text' as const, text: messageOf(error) }], isError: true };
      }
    });
  }
  return server;
}
