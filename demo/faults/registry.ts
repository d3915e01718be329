import { FAULTS, type Fault, type FaultName, type Plan, type Target } from './catalogue.js';

/** What the registry acts on. Both settle when the shop is as asked. */
export interface Plantable {
  apply(plan: Plan): Promise<void>;
  /** Makes all as it was. */
  recover(plan: Plan): Promise<void>;
}

export interface ActiveFault {
  readonly name: FaultName;
  readonly service: string;
  readonly cause: string;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly until: number;
}

export interface FaultRegistry {
  active(): ActiveFault | null;
  /** Epoch milliseconds of the last end, or of the start when there was none. */
  quietSince(): number;
  /** Ends what is active, then plants. Throws RangeError for a service that the fault cannot be planted in. */
  plant(name: FaultName, options: { readonly seconds: number; readonly service?: string | undefined }): Promise<ActiveFault>;
  /** The fault that was ended, or null. */
  end(): Promise<ActiveFault | null>;
}

/** Plants one fault at a time and ends it by itself. `say` is told each beginning and end in one line. */
export function createFaultRegistry(shop: Plantable, say: (line: string) => void): FaultRegistry {
  let current: { active: ActiveFault; target: Target; timer: NodeJS.Timeout } | null = null;
  let quietSince = Date.now();
  let tail: Promise<unknown> = Promise.resolve();
  const serial = <T>(work: () => Promise<T>): Promise<T> => {
    const result = tail.then(work);
    tail = result.catch(() => undefined);
    return result;
  };

  async function finish(): Promise<ActiveFault | null> {
    if (!current) return null;
    const { active, target, timer } = current;
    clearTimeout(timer);
    current = null;
    await shop.recover(target.plan);
    quietSince = Date.now();
    say(`${active.name} in ${active.service} is over.`);
    return active;
  }

  return {
    active: () => current?.active ?? null,
    quietSince: () => quietSince,
    end: () => serial(finish),
    plant: (name, { seconds, service }) => {
      const target = targetOf(faultNamed(name), service);
      return serial(async () => {
        await finish();
        const since = Date.now();
        const active: ActiveFault = { name, service: target.service, cause: target.cause, since, until: since + seconds * 1000 };
        const timer = setTimeout(() => void serial(() => (current?.active === active ? finish() : Promise.resolve(null))), seconds * 1000);
        current = { active, target, timer };
        say(`${name} in ${target.service} for ${seconds} s.`);
        await shop.apply(target.plan);
        return active;
      });
    },
  };
}

function faultNamed(name: FaultName): Fault {
  const fault = FAULTS.find((one) => one.name === name);
  if (!fault) throw new RangeError(`no fault ${name}`);
  return fault;
}

function targetOf({ name, targets }: Fault, service: string | undefined): Target {
  const target = service === undefined ? targets[0] : targets.find((one) => one.service === service);
  if (!target) throw new RangeError(`${name} can be planted in ${targets.map((one) => one.service).join(', ')}`);
  return target;
}
