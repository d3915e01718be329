import { TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useRef, useState, type ReactElement } from 'react';

interface SearchFieldProps {
  readonly value: string;
  /** Called once typing pauses, or at once with Enter. */
  readonly onChange: (value: string) => void;
  readonly label: string;
  readonly width?: number | string;
}

const PAUSE_MS = 300;

/** The page's search: `/` reaches it, Escape leaves it. Its text belongs to the URL, so a change from outside shows here. */
export function SearchField({ value, onChange, label, width = 260 }: SearchFieldProps): ReactElement {
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  if (known !== value) {
    setKnown(value);
    setText(value);
  }
  useEffect(() => () => clearTimeout(timer.current), []);
  function commit(next: string): void {
    clearTimeout(timer.current);
    if (next !== value) onChange(next);
  }
  return (
    <TextInput
      data-search
      type="search"
      size="xs"
      w={width}
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch aria-hidden size={14} />}
      value={text}
      onChange={(event) => {
        const next = event.currentTarget.value;
        setText(next);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => commit(next), PAUSE_MS);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter') commit(text);
        if (event.key === 'Escape') event.currentTarget.blur();
      }}
    />
  );
}
