import type { SlackConfig } from '../../config.js';
import { readUrl } from '../../secret.js';
import type { Receiver } from '../receiver.js';
import { slackAlertBody } from './alert-body.js';
import { slackBody } from './body.js';

/** A Slack incoming webhook. Its address is its secret, so it is never part of a message, a log line or a metric. */
export function createSlack(config: SlackConfig): Receiver {
  return {
    name: config.name,
    filter: config,
    render: slackBody,
    renderAlert: slackAlertBody,
    async request({ body }) {
      return { url: await readUrl(config.url, config.url_file), headers: {}, body };
    },
  };
}
