import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { IconChevronRight, IconKeyboard, IconMoon, IconPlugConnectedX, IconSearch, IconSun } from '@tabler/icons-react';
import { Link, useLocation } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { useConnection } from '../api/events.js';
import { useIncident } from '../api/hooks.js';
import { middle } from '../format/name.js';
import { Account } from './account.js';
import { PAGES, SUBPAGES } from './pages.js';
import { TimeMenu } from './time-menu.js';
import styles from './top-bar.module.css';

interface TopBarProps {
  readonly timeOpened: boolean;
  readonly onTime: (opened: boolean) => void;
  readonly onPalette: () => void;
  readonly onHelp: () => void;
}

export function TopBar({ timeOpened, onTime, onPalette, onHelp }: TopBarProps): ReactElement {
  const { toggleColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme('dark') === 'dark';
  const lost = useConnection() === 'lost';
  return (
    <header className={styles['bar']}>
      <Breadcrumb />
      {lost && (
        <span className={styles['lost']} role="status" title="The connection to Faultline is lost. It is tried again by itself; until then the page may be old.">
          <IconPlugConnectedX aria-hidden size={14} />
          <span>Connection lost</span>
        </span>
      )}
      <div className={styles['tools']}>
        <button type="button" className={styles['search']} onClick={onPalette}>
          <IconSearch aria-hidden size={15} />
          <span className={styles['hint']}>Jump to …</span>
          <span className="hidden-visually">services, incidents, pages, a trace id</span>
          <kbd>{isApple() ? '⌘K' : 'Ctrl K'}</kbd>
        </button>
        <TimeMenu opened={timeOpened} onChange={onTime} />
        <button type="button" className={styles['tool']} onClick={() => toggleColorScheme()} aria-label={dark ? 'Light theme' : 'Dark theme'} title={dark ? 'Light theme' : 'Dark theme'}>
          {dark ? <IconSun aria-hidden size={17} /> : <IconMoon aria-hidden size={17} />}
        </button>
        <button type="button" className={[styles['tool'], styles['keys']].join(' ')} onClick={onHelp} aria-label="Keys" title="Keys (?)">
          <IconKeyboard aria-hidden size={18} />
        </button>
        <Account />
      </div>
    </header>
  );
}

function Breadcrumb(): ReactElement {
  const path = useLocation({ select: ({ pathname }) => pathname });
  const [first = '', ...rest] = path.split('/').filter(Boolean);
  const page = PAGES.find(({ to }) => to === `/${first}`);
  const named = SUBPAGES.find(({ to }) => to === path);
  const deeper = named ? [named.name] : rest.map(decoded);
  return (
    <nav aria-label="Breadcrumb" className={styles['crumbs']}>
      <ol>
        <li>{page && deeper.length > 0 ? <Link to={page.to}>{page.name}</Link> : <span aria-current="page">{page?.name ?? 'Not found'}</span>}</li>
        {deeper.map((name) => (
          <li key={name}>
            <IconChevronRight aria-hidden size={14} />
            {first === 'incidents' && !named ? <IncidentName id={name} /> : <Crumb name={name} />}
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** As it stands where somebody mistyped it. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

const NAME_SHOWN = 28;
function Crumb({ name }: { readonly name: string }): ReactElement {
  return <span aria-current="page" title={name}>{middle(name, NAME_SHOWN)}</span>;
}

/** What it says, cut at its end where the bar is narrow; its id until that is known. */
function IncidentName({ id }: { readonly id: string }): ReactElement {
  const name = useIncident(id).data?.incident.title ?? id;
  return <span aria-current="page" title={name}>{name}</span>;
}

function isApple(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.userAgent);
}
