import type { Classes } from './class.js';
import { DATABASES } from './databases.js';
import { HOSTS } from './hosts.js';
import { NETWORK } from './network.js';
import { NOTHING } from './nothing.js';
import { QUEUES } from './queues.js';
import { REQUESTS } from './requests.js';
import { SERVICES } from './services.js';
import { TELLING } from './telling.js';

export const CLASSES: Classes = { ...REQUESTS, ...SERVICES, ...QUEUES, ...DATABASES, ...NETWORK, ...HOSTS, ...TELLING, ...NOTHING };
