import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const slate: MantineColorsTuple = ['#e4e9ee', '#c9d1d9', '#a9b4bf', '#8894a1', '#3b4651', '#2a323b', '#1b2128', '#151a20', '#0f1317', '#0a0d10'];
const teal: MantineColorsTuple = ['#e2f8f4', '#c3efe8', '#94e2d5', '#63d3c1', '#35c2ac', '#1fa994', '#14907e', '#0a756a', '#075c54', '#05443e'];

export const theme = createTheme({
  primaryColor: 'teal',
  primaryShade: { light: 7, dark: 4 },
  autoContrast: true,
  colors: { dark: slate, teal },
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--mono)',
  fontSizes: { xs: '12px', sm: '13px', md: '14px' },
  lineHeights: { xs: '16px', sm: '20px', md: '20px' },
  defaultRadius: 'var(--radius)',
  respectReducedMotion: true,
  cursorType: 'pointer',
  headings: { fontWeight: '600' },
});

/** Mantine's own surfaces and texts, taken from palette.css so that both themes have one source. */
export const resolver: CSSVariablesResolver = () => {
  const shared = {
    '--mantine-color-body': 'var(--page)',
    '--mantine-color-text': 'var(--text)',
    '--mantine-color-dimmed': 'var(--text-2)',
    '--mantine-color-placeholder': 'var(--text-3)',
    '--mantine-color-default': 'var(--raised)',
    '--mantine-color-default-hover': 'var(--hover)',
    '--mantine-color-default-color': 'var(--text)',
    '--mantine-color-default-border': 'var(--line)',
    '--mantine-color-error': 'var(--critical)',
    '--mantine-color-anchor': 'var(--accent)',
  };
  return { variables: {}, light: shared, dark: shared };
};
