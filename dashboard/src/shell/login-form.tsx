import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useState, type FormEvent, type ReactElement } from 'react';
import { useSignIn } from '../api/session.js';
import styles from './login.module.css';

/** Above the page, a window that is open below it takes no Escape pressed here. */
const KEEPS_ESCAPE = { 'data-mantine-stop-propagation': 'true' };
const FIRST = { autoFocus: true, 'data-autofocus': true };

interface LoginFormProps {
  /** Who was signed in before; '' for nobody. */
  readonly who?: string;
  readonly title: string;
  /** What is said of it. */
  readonly note?: string;
}

/** A name and a password. */
export function LoginForm({ who = '', title, note }: LoginFormProps): ReactElement {
  const [name, setName] = useState(who);
  const [password, setPassword] = useState('');
  const signIn = useSignIn();
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (name.trim() !== '' && password !== '') signIn.mutate({ name: name.trim(), password }, { onError: () => setPassword('') });
  }
  return (
    <form className={styles['form']} onSubmit={submit} aria-labelledby="sign-in">
      <p className={styles['mark']}>
        <svg viewBox="0 0 32 32" width={28} height={28} aria-hidden>
          <path d="M2 20h7l4-11 5 15 4-9h8" fill="none" stroke="var(--accent)" strokeWidth={2.8} strokeLinecap="round" strokeLinejoin="round" />
        </svg>
        Faultline
      </p>
      <h1 id="sign-in" className={note === undefined ? 'hidden-visually' : undefined}>{title}</h1>
      {note !== undefined && <p className="dim">{note}</p>}
      <TextInput label="Name" autoComplete="username" autoCapitalize="none" spellCheck={false} required withAsterisk={false} maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} {...(who === '' ? FIRST : {})} {...KEEPS_ESCAPE} />
      <PasswordInput label="Password" autoComplete="current-password" required withAsterisk={false} maxLength={1_000} value={password} onChange={(event) => setPassword(event.currentTarget.value)} visibilityToggleButtonProps={{ 'aria-label': 'Show the password', ...KEEPS_ESCAPE }} {...(who === '' ? {} : FIRST)} {...KEEPS_ESCAPE} />
      {signIn.error && <p role="alert" className={styles['failure']}>Not signed in: {signIn.error.message}.</p>}
      <Button type="submit" loading={signIn.isPending} {...KEEPS_ESCAPE}>Sign in</Button>
    </form>
  );
}
