import { Modal, TextInput } from '@mantine/core';
import { Outlet } from '@tanstack/react-router';
import { lazy, useCallback, useEffect, useMemo, useState, type ReactElement } from 'react';
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
import { NOTHING, useTypedAhead } from './use-typed-ahead.js';
import { useRemembered } from './use-remembered.js';
import styles from './shell.module.css';

const loadPalette = () => loaded(import('./palette.js')).then(({ Palette: component }) => ({ default: component }));
const Palette = lazy(loadPalette);
/** The palette is loaded this long after the first paint, before anybody wants it. */
const PRELOAD_MS = 1_000;

/** What stands around every page. */
export function Shell(): ReactElement {
  const [narrow, setNarrow] = useRemembered('faultline-rail', '');
  const [opened, setOpened] = useState<'time' | 'help' | 'palette' | null>(null);
  const [paletteUsed, setPaletteUsed] = useState(false);
  const [typed, setTyped] = useState(NOTHING);
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
  useEffect(() => {
    const timer = setTimeout(() => void loadPalette().catch(() => {}), PRELOAD_MS);
    return () => clearTimeout(timer);
  }, []);
  const close = (): void => setOpened(null);
  const giveUp = useCallback(() => {
    setTyped(NOTHING);
    setOpened(null);
  }, []);
  useTypedAhead(opened === 'palette', setTyped, giveUp);
  const paletteFrame = (part: ReactElement): ReactElement => <Modal opened={opened === 'palette'} onClose={giveUp} title="Jump to" centered transitionProps={{ duration: 0 }} closeButtonProps={{ 'aria-label': 'Close' }}>{part}</Modal>;
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
        <LatePart name="palette" skeleton={paletteFrame(<TextInput aria-label="Jump to" value={typed.text} onChange={(event) => setTyped({ text: event.currentTarget.value, entered: false })} onKeyDown={({ key }) => key === 'Enter' && setTyped({ ...typed, entered: true })} data-autofocus />)} frame={paletteFrame}>
          <Palette opened={opened === 'palette'} onClose={close} typed={typed} onTyped={setTyped} />
        </LatePart>
      )}
    </div>
  );
}
