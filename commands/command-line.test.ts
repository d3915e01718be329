import { expect, it } from 'vitest';
import { helpText, readCommandLine } from './command-line.js';

it.each([
  { argv: [], command: 'serve', rest: [] },
  { argv: ['demo', '-c', 'a.yaml'], command: 'demo', rest: [] },
  { argv: ['--check-config'], command: 'check-config', rest: [] },
  { argv: ['models', 'promote', 'forecaster', '1', '--force'], command: 'models', rest: ['promote', 'forecaster', '1'] },
  { argv: ['backtest', '--query', 'up', '--from', 'now-1d'], command: 'backtest', rest: [] },
  { argv: ['train', '--help'], command: 'help', rest: ['train'] },
  { argv: ['help', 'train'], command: 'help', rest: ['train'] },
  { argv: ['-v'], command: 'version', rest: [] },
])('$argv is $command', ({ argv, command, rest }) => {
  expect(readCommandLine(argv)).toMatchObject({ command, rest });
});

it.each([
  { argv: ['serv'], says: 'no command "serv"; did you mean serve? faultline --help lists them' },
  { argv: ['dance'], says: 'no command "dance"; faultline --help lists them' },
  { argv: ['--bogus'], says: "Unknown option '--bogus'; faultline --help lists what there is" },
  { argv: ['--config'], says: "Option '-c, --config <value>' argument missing; faultline --help lists what there is" },
  { argv: ['serve', 'now'], says: 'serve takes no "now"; faultline serve --help says what it takes' },
  { argv: ['rca', '--seed', '3'], says: 'rca does not read --seed; faultline rca --help says what it takes' },
])('refuses $argv in one line', ({ argv, says }) => {
  expect(() => readCommandLine(argv)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: says }));
});

it('explains each command with the options that it reads', () => {
  const help = helpText('1.2.3', 'gpu');
  expect(help).toContain('Usage: faultline gpu status [options]\n       faultline gpu enable');
  expect(help).toContain('--from <dir>');
  expect(help).not.toContain('--seed');
  expect(helpText('1.2.3')).toContain('-c, --config <file>   configuration file, where a command reads one;');
  expect(helpText('1.2.3')).toMatch(/Faultline 1\.2\.3.*\n[^]*check-rules/);
  expect(() => helpText('1.2.3', 'dance')).toThrow('no command "dance"');
});
