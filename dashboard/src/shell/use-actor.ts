import { useSession } from '../api/session.js';
import { useRemembered } from './use-remembered.js';

/** Under which name things are done: that of whoever is signed in, else one that is asked for and remembered in this browser. */
export function useActor(): readonly [name: string, setName: (name: string) => void, signedIn: boolean] {
  const [remembered, remember] = useRemembered('faultline-name', '');
  const identity = useSession().data?.identity ?? null;
  return identity ? [identity.name, () => {}, true] : [remembered, remember, false];
}
