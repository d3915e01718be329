import type { Classes } from './class.js';
import { DATABASES } from './databases.js';
import { HOSTS } from './hosts.js';
import { NETWORK } from './network.js';
import { NOTHING } from './nothing.js';
import { QUEUES } from './queues.js';
import { REQUESTS } from './requests.js';
import { SERVICES } from './services.js';
import { TELLING } from './telling.js';

/** By kind of trouble; of the last, nothing is wrong. */
export const KINDS: Readonly<Record<string, Classes>> = { requests: REQUESTS, services: SERVICES, queues: QUEUES, databases: DATABASES, network: NETWORK, hosts: HOSTS, 'what is told': TELLING, nothing: NOTHING };
export const CLASSES: Classes = Object.assign({}, ...Object.values(KINDS));
