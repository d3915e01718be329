import { loadReceivers } from '../alerts/receivers/load-receivers.js';
import { requireRoutingFile } from '../alerts/routing/load-file.js';
import type { Config } from '../config.js';

/** `faultline check-config`: reads what the configuration names, too. Throws CONFIG_INVALID with every fault. */
export async function checkConfig({ alerts: { alertmanager_config: path } }: Config): Promise<void> {
  if (path !== '') await requireRoutingFile(path, loadReceivers, Date.now());
  console.log('The configuration is valid.');
}
