const WORDS: ReadonlyMap<string, string> = new Map([['By', 'bytes'], ['By/s', 'bytes per second'], ['s', 'seconds'], ['ms', 'milliseconds'], ['us', 'microseconds'], ['ns', 'nanoseconds'], ['1', ''], ['%', 'percent'], ['Cel', 'degrees Celsius'], ['Hz', 'hertz'], ['V', 'volts'], ['W', 'watts'], ['J', 'joules']]);

/** A UCUM unit as a word: "bytes", "requests"; '' for a plain number. */
export function unitWord(unit: string): string {
  return WORDS.get(unit) ?? unit.replace(/^\{(.+)\}$/, '$1').replace(/[{}]/g, '');
}
