import { createSerial } from '#core/serial.js';
import { FAULTS, type Fault, type FaultName, type Plan, type Target } from './catalogue.js';

export interface ActiveFault {
  readonly name: FaultName;
  readonly service: string;
  readonly cause: string;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly until: number;
}

export interface PlantOptions {
  readonly seconds: number;
  readonly service?: string | undefined;
  /** What is active goes on. */
  readonly beside?: boolean | undefined;
}

export interface FaultRegistry {
  active(): readonly ActiveFault[];
  /** Epoch milliseconds of the last end, or of the start when there was none. */
  quietSince(): number;
  /** Ends what is active unless planted beside it. Throws RangeError for a service that the fault cannot be planted in. */
  plant(name: FaultName, options: PlantOptions): Promise<ActiveFault>;
  /** The faults that were ended. */
  end(): Promise<readonly ActiveFault[]>;
}

interface Planted {
  readonly active: ActiveFault;
  readonly plan: Plan;
  readonly timer: NodeJS.Timeout;
}

/** Plants faults and ends them by themselves. `become` makes the shop as all the plans at once say, and settles when it is. `say` is told each beginning and end in one line. */
export function createFaultRegistry(become: (plans: readonly Plan[]) => Promise<void>, say: (line: string) => void): FaultRegistry {
  let current: readonly Planted[] = [];
  let quietSince = Date.now();
  const serial = createSerial();
  const follow = (): Promise<void> => become(current.map(({ plan }) => plan));

  async function finish(over: readonly Planted[]): Promise<readonly ActiveFault[]> {
    const ended = current.filter((one) => over.includes(one));
    if (ended.length === 0) return [];
    for (const { timer } of ended) clearTimeout(timer);
    current = current.filter((one) => !ended.includes(one));
    await follow();
    quietSince = Date.now();
    for (const { active } of ended) say(`${active.name} in ${active.service} is over.`);
    return ended.map(({ active }) => active);
  }

  return {
    active: () => current.map(({ active }) => active),
    quietSince: () => quietSince,
    end: () => serial(() => finish(current)),
    plant: (name, { seconds, service, beside = false }) => {
      const target = targetOf(faultNamed(name), service);
      return serial(async () => {
        if (!beside) await finish(current);
        if (current.some(({ active }) => active.service === target.service)) throw new RangeError(`${target.service} has a fault already`);
        const since = Date.now();
        const active: ActiveFault = { name, service: target.service, cause: target.cause, since, until: since + seconds * 1000 };
        const planted: Planted = { active, plan: target.plan, timer: setTimeout(() => void serial(() => finish([planted])), seconds * 1000) };
        current = [...current, planted];
        say(`${name} in ${target.service} for ${seconds} s.`);
        await follow();
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
