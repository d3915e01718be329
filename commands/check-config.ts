import { messageOf, PipelineError } from '#core/errors.js';
import { faultsOfEndpoints } from '../alerts/endpoints.js';
import { loadReceivers } from '../alerts/receivers/load-receivers.js';
import { requireRoutingFile } from '../alerts/routing/load-file.js';
import type { Config } from '../config.js';
import { readAccounts } from '../server/auth/accounts.js';
import { readCertificate } from '../tls.js';
import { faultsOfRules } from './rules.js';

/** `faultline check-config`: reads what the configuration names, too. Throws CONFIG_INVALID with every fault. */
export async function checkConfig({ server, tls, alerts, rules }: Config): Promise<void> {
  const { alertmanager_config: path } = alerts;
  const faults: string[] = [];
  for (const read of [() => readAccounts(server.auth), () => readCertificate(tls), () => (path === '' ? undefined : requireRoutingFile(path, loadReceivers, Date.now()))]) {
    try {
      await read();
    } catch (error) {
      faults.push(messageOf(error));
    }
  }
  faults.push(...(await faultsOfEndpoints(alerts, Date.now())), ...(await faultsOfRules(rules.files)));
  if (faults.length > 0) throw new PipelineError('CONFIG_INVALID', faults.join('\n'));
  for (const { name, service, note } of rules.slos) if (note !== '') console.log(`rules.slos: ${name ?? service}: ${note}`);
  console.log('The configuration is valid.');
}
