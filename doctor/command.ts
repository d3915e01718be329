import { messageOf } from '#core/errors.js';
import { configSchema, loadConfig, type Config, type ConfigSource } from '../config.js';
import { checkAccess } from './access.js';
import { broken, lineOf, ok, type Check } from './check.js';
import { checkDisk, checkMachine, checkQueueDisk, thisMachine } from './machine.js';
import { checkModels } from './models.js';
import { checkFolder, checkPorts, checkStore } from './surroundings.js';

/** `faultline doctor`: what runs where, and why not. Changes nothing. Sets the exit status to 1 when something needed is broken. */
export async function runDoctor(source: ConfigSource): Promise<void> {
  let failures = 0;
  const print = (check: Check): void => {
    if (check.state === 'broken') failures += 1;
    console.log(lineOf(check));
  };
  for (const check of checkMachine(thisMachine(source.env))) print(check);
  const { config, check } = readConfig(source);
  print(check);
  const folder = checkFolder(config.data_dir);
  print(folder.check);
  print(await (config.clickhouse_url === '' ? checkDisk(folder.there, config.retention.min_free_disk) : checkQueueDisk(folder.there, config.collector.max_queue)));
  print(await checkStore(config.clickhouse_url));
  for (const one of await checkModels()) print(one);
  for (const one of checkAccess(config, Date.now())) print(one);
  for (const one of await checkPorts({ host: config.host, http: config.http_port, otlpHttp: config.otlp_http_port, otlpGrpc: config.otlp_grpc_port, tls: config.tls.cert_file !== '' }, folder.holder !== undefined)) print(one);
  console.log(failures === 0 ? '\nEverything that Faultline needs works here.' : `\n${failures} ${failures === 1 ? 'thing that Faultline needs is' : 'things that Faultline needs are'} broken here.`);
  if (failures > 0) process.exitCode = 1;
}

/** With a configuration that has faults, the rest is checked as it would be without any. */
function readConfig(source: ConfigSource): { config: Config; check: Check } {
  try {
    return { config: loadConfig(source), check: ok('configuration', source.file ?? 'valid') };
  } catch (error) {
    return { config: configSchema.parse({}), check: broken('configuration', messageOf(error)) };
  }
}
