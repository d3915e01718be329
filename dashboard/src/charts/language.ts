// Loaded before uPlot, which asks Intl for `navigator.language` as it loads. On a machine whose locale is POSIX, Chromium
// gives `en-US@posix` there, which Intl refuses.
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true });
}
