import { Menu } from '@mantine/core';
import { IconLogout, IconUser } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { useSession, useSignOut } from '../api/session.js';
import styles from './top-bar.module.css';

/** Who is signed in, and the way out. Nothing where nobody has to sign in. */
export function Account(): ReactElement | null {
  const identity = useSession().data?.identity;
  const signOut = useSignOut();
  if (!identity) return null;
  return (
    <Menu position="bottom-end" shadow="none" width={220}>
      <Menu.Target>
        <button type="button" className={styles['account']} aria-label={`Signed in as ${identity.name}, ${identity.role}`} title={`Signed in as ${identity.name} (${identity.role})`}>
          <IconUser aria-hidden size={16} />
          <span>{identity.name}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{identity.name}, {identity.role}</Menu.Label>
        <Menu.Item leftSection={<IconLogout aria-hidden size={15} />} disabled={signOut.isPending} onClick={() => signOut.mutate()}>Sign out</Menu.Item>
        {signOut.error && <Menu.Label role="alert">Not signed out: {signOut.error.message}</Menu.Label>}
      </Menu.Dropdown>
    </Menu>
  );
}
