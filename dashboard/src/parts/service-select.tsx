import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState, type ReactElement } from 'react';
import { useServices } from '../api/hooks.js';
import { number } from '../format/number.js';

interface ServiceSelectProps {
  readonly value: string | undefined;
  readonly onChange: (service: string | undefined) => void;
  readonly width: number;
}

const SHOWN = 50;
const TYPING_MS = 150;

/** One of the services, found by what is typed: the server knows them all, the page some. Asked for once it is opened. */
export function ServiceSelect({ value, onChange, width }: ServiceSelectProps): ReactElement {
  const [opened, setOpened] = useState(false);
  const [typed, setTyped] = useState('');
  const [named] = useDebouncedValue(typed === value ? '' : typed, TYPING_MS);
  const { data } = useServices({ q: named, limit: SHOWN }, { enabled: opened });
  const names = [...new Set([...(data?.services.map(({ service }) => service) ?? []), ...(value === undefined ? [] : [value])])];
  const left = (data?.matching ?? 0) - (data?.services.length ?? 0);
  return (
    <Select
      size="xs" w={width} searchable clearable aria-label="Service" placeholder="Any service" nothingFoundMessage={data ? 'No service by this name' : 'Looking …'} comboboxProps={{ width: 'max-content' }}
      data={left > 0 ? [{ group: `The first ${SHOWN}; type to find one of ${number(left)} more`, items: names }] : names}
      value={value ?? null} onChange={(next) => onChange(next ?? undefined)} onSearchChange={setTyped} onDropdownOpen={() => setOpened(true)} onDropdownClose={() => setOpened(false)}
    />
  );
}
