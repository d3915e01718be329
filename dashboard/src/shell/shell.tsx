import { Modal } from '@mantine/core';
import { Outlet } from '@tanstack/react-router';
import { lazy, useCallback, useMemo, useState, type ReactElement } from 'react';
import { useIncidentEvents } from '../api/events.js';
import { LatePart } from '../parts/late-part.js';
import { useRange } from '../time/use-range.js';
import { Help } from './help.js';
import { loaded } from './loaded.js';
import { Rail } from './rail.js';
import { TopBar } from './top-bar.js';
import { useKeys } from './use-keys.js';
import { useOwnTime } from './use-own-time.js';
import { usePageFocus } from './use-page-focus.js';
import { useRemembered } from './use-remembered.js';
import styles from './shell.module.css';

const Palette = lazy(() => loaded(import('./palette.js')).then(({ Palette: component }) => ({ default: component })));

/** What stands around every page. */
export function Shell(): ReactElement {
  const [narrow, setNarrow] = useRemembered('faultline-rail', '');
  const [opened, setOpened] = useState<'time' | 'help' | 'palette' | null>(null);
  const [paletteUsed, setPaletteUsed] = useState(false);
  const { toggleLive } = useRange();
  const fixed = useOwnTime() !== undefined;
  const openPalette = useCallback(() => {
    setPaletteUsed(true);
    setOpened('palette');
  }, []);
  useIncidentEvents();
  const page = usePageFocus();
  useKeys(
    useMemo(
      () => ({
        palette: openPalette,
        help: () => setOpened('help'),
        time: () => fixed || setOpened('time'),
        live: () => fixed || toggleLive(),
        rail: () => setNarrow((old) => (old === '' ? 'narrow' : '')),
      }),
      [setNarrow, toggleLive, fixed, openPalette],
    ),
  );
  const close = (): void => setOpened(null);
  return (
    <div className={styles['shell']}>
      <a href="#page" className={styles['skip']}>
        Skip to the page
      </a>
      <Rail narrow={narrow !== ''} onToggle={() => setNarrow((old) => (old === '' ? 'narrow' : ''))} />
      <div className={styles['column']}>
        <TopBar timeOpened={opened === 'time'} onTime={(open) => setOpened(open ? 'time' : null)} onPalette={openPalette} onHelp={() => setOpened('help')} />
        <main id="page" ref={page} tabIndex={-1} className={styles['page']}>
          <Outlet />
        </main>
      </div>
      <Help opened={opened === 'help'} onClose={close} />
      {paletteUsed && (
        <LatePart name="palette" skeleton={null} frame={(failure) => <Modal opened={opened === 'palette'} onClose={close} title="Jump to" centered transitionProps={{ duration: 0 }} closeButtonProps={{ 'aria-label': 'Close' }}>{failure}</Modal>}>
          <Palette opened={opened === 'palette'} onClose={close} />
        </LatePart>
      )}
    </div>
  );
}
