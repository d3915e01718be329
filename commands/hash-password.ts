import { PipelineError } from '#core/errors.js';
import { hashPassword } from '../server/auth/password.js';

const SHORTEST = 8;

/** `faultline hash-password`: reads a password from stdin, from a terminal twice and without showing it, and prints what goes into `server.auth.users`. */
export async function printPasswordHash(): Promise<void> {
  const password = process.stdin.isTTY ? await askTwice() : await firstLine();
  if (password.length < SHORTEST) throw new PipelineError('CONFIG_INVALID', `a password has at least ${SHORTEST} characters`);
  console.log(await hashPassword(password));
}

async function firstLine(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8') as AsyncIterable<string>) text += chunk;
  return text.split(/\r?\n/)[0] ?? '';
}

async function askTwice(): Promise<string> {
  const password = await hidden('Password: ');
  if ((await hidden('Again: ')) !== password) throw new PipelineError('CONFIG_INVALID', 'the two are not the same');
  return password;
}

/** A line of a terminal that does not show it. The question goes to stderr, so that stdout is the hash alone. */
function hidden(question: string): Promise<string> {
  const { stdin } = process;
  process.stderr.write(question);
  stdin.setRawMode(true).setEncoding('utf8').resume();
  return new Promise((resolve, reject) => {
    let line = '';
    const end = (): void => {
      stdin.off('data', take).setRawMode(false).pause();
      process.stderr.write('\n');
    };
    function take(text: string): void {
      for (const char of text) {
        if (char === '\r' || char === '\n') {
          end();
          return resolve(line);
        }
        if (char === '\u0003' || char === '\u0004') {
          end();
          return reject(new PipelineError('CONFIG_INVALID', 'given up'));
        }
        line = char === '\u007F' || char === '\b' ? line.replace(/.$/su, '') : line + char;
      }
    }
    stdin.on('data', take);
  });
}
