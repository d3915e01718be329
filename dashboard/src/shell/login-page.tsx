import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useEffect, useState, type FormEvent, type ReactElement } from 'react';
import { useSignIn } from '../api/session.js';
import styles from './login-page.module.css';

/** In place of every page until somebody signs in. The address stays, and with it the page that was asked for. */
export function LoginPage(): ReactElement {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useSignIn();
  useEffect(() => {
    document.title = 'Sign in · Faultline';
    return () => void (document.title = 'Faultline');
  }, []);
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (name.trim() !== '' && password !== '') signIn.mutate({ name: name.trim(), password }, { onError: () => setPassword('') });
  }
  return (
    <main className={styles['page']}>
      <form className={styles['form']} onSubmit={submit} aria-labelledby="sign-in">
        <p className={styles['mark']}>
          <svg viewBox="0 0 32 32" width={28} height={28} aria-hidden>
            <path d="M2 20h7l4-11 5 15 4-9h8" fill="none" stroke="var(--accent)" strokeWidth={2.8} strokeLinecap="round" strokeLinejoin="round" />
          </svg>
          Faultline
        </p>
        <h1 id="sign-in" className="hidden-visually">Sign in to Faultline</h1>
        <TextInput label="Name" autoComplete="username" autoCapitalize="none" spellCheck={false} autoFocus required withAsterisk={false} maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <PasswordInput label="Password" autoComplete="current-password" required withAsterisk={false} maxLength={1_000} value={password} onChange={(event) => setPassword(event.currentTarget.value)} visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }} />
        {signIn.error && <p role="alert" className={styles['failure']}>Not signed in: {signIn.error.message}.</p>}
        <Button type="submit" loading={signIn.isPending}>Sign in</Button>
      </form>
    </main>
  );
}
