import { describe, expect, it } from 'vitest';
import { compileTemplate, type TemplateData } from './template.js';

const data = (value: number): TemplateData => ({
  labels: { __name__: 'm', n: 'a' }, value, externalLabels: { region: 'eu' }, externalUrl: 'https://f.example/pre',
  query: async (expr) => (expr === 'nothing' ? [] : ['b', 'a'].map((n, index) => ({ metric: { n }, times: Float64Array.of(0), values: Float64Array.of(index + 1), histograms: [] }))),
});
const expand = (text: string, value = 0.0335): Promise<string> => compileTemplate(text).expand(data(value));

describe('templates, as promtool 2.42 fills them in', () => {
  it.each([
    [0.00001234, '12.34u 1.234e-05 12.34us 0.001234%'],
    [0.0335, '33.5m 0.0335 33.5ms 3.35%'],
    [0, '0 0 0s 0%'],
    [21, '21 21 21s 2100%'],
    [9999.7, '10k 9.765ki 2h 46m 39s 1e+06%'],
    [-93784.5, '-93.78k -91.59ki -1d 2h 3m 4s -9.378e+06%'],
    [123456789.5, '123.5M 117.7Mi 1428d 21h 33m 9s 1.235e+10%'],
    [Number.NaN, 'NaN NaN NaN NaN%'],
    [Infinity, '+Inf +Inf +Inf +Inf%'],
  ])('humanize %d', async (value, expected) => expect(await expand('{{ $value | humanize }} {{ humanize1024 $value }} {{ humanizeDuration $value }} {{ humanizePercentage $value }}', value)).toBe(expected));

  it.each([
    ['{{ $value }}', 1_000_000, '1e+06'],
    ['{{ .Value }}', 0.00001234, '1.234e-05'],
    ['{{ humanizeTimestamp $value }}', 1435065584.128, '2015-06-23 13:19:44.128 +0000 UTC'],
    ['{{ humanizeTimestamp $value }}', 21, '1970-01-01 00:00:21 +0000 UTC'],
    ['{{ printf "%.2f|%g|%e|%5.1f|%-4s|%08.3f|%v|%+.1f|%%|%q" $value $value $value $value "ab" $value $value $value "x" }}', 0.0335, '0.03|0.0335|3.350000e-02|  0.0|ab  |0000.034|0.0335|+0.0|%|"x"'],
    ['{{ printf "%.1f %.0f" 1.25 2.5 }} {{ printf "%d" 3 }} {{ printf "%d" $value }} {{ printf "%v %v" 1 }} {{ printf "a" 1.5 }}', 1.5, '1.2 2 3 %!d(float64=1.5) 1 %!v(MISSING) a%!(EXTRA float64=1.5)'],
    ['{{ printf "%X %#x %o %b %U|%5d|%-4d|%05d|%+d|% d|%G" 255 255 8 5 8364 42 7 -42 3 3 $value }}', 1.25e-7, 'FF 0xff 10 101 U+20AC|   42|7   |-0042|+3| 3|1.25E-07'],
    ['{{ printf "%*d|%-*d|%.*f" 4 7 4 7 1 $value }} {{ printf "%[2]s/%[1]s" "a" "b" }} {{ printf "%*d %[5]d" "x" 1 }}', 1.5, '   7|7   |1.5 b/a %!(BADWIDTH)1 %!d(BADINDEX)'],
    [String.raw`{{ "it's <a> & \"ü\"" | js }}`, 0, String.raw`it\'s \u003Ca\u003E \u0026 \"ü\"`],
    ['{{ title "hello wOrld-foo bar_baz" }} {{ toUpper "a" }}{{ "B" | toLower }}', 0, 'Hello WOrld-Foo Bar_baz Ab'],
    ['{{ $labels.n }}[{{ $labels.missing }}]{{ .Labels.n }} {{ len $labels }} {{ $labels }} {{ index $labels "n" }}', 0, 'a[]a 2 map[__name__:m n:a] a'],
    ['{{ if gt $value 5.0 }}big{{ else if lt $value 0.0 }}neg{{ else }}small{{ end }} {{- /* c */ -}}  x', 0, 'smallx'],
    ['{{ with $labels.missing }}a{{ else }}b{{ end }}{{ range $k, $v := $labels }}{{ $k }}={{ $v }};{{ end }}', 0, 'b__name__=m;n=a;'],
    ['{{ with query "m" }}{{ . | first | value }}{{ range . }} {{ .Labels.n }}:{{ .Value }}{{ end }}{{ end }} {{ range query "m" | sortByLabel "n" }}{{ label "n" . }},{{ end }}', 0, '1 b:1 a:2 a,b,'],
    ['{{ range query "m" | sortByLabel "constructor" }}[{{ label "constructor" . }}]{{ end }}', 0, '[][]'],
    ['{{ reReplaceAll "(.)b" "$1-${1}" "abab" }} {{ match "^a" "abc" }} {{ print 1 2 "x" 3 }}', 0, 'a-aa-a true 1 2x3'],
    ['{{ and 1 0 }}{{ or "" "z" }}{{ not true }}{{ eq "a" "b" "a" }}{{ ne 1 2 }} {{ $x := 3 }}{{ $x }} {{ if true }}{{ $x = 4 }}{{ end }}{{ $x }}', 0, '0zfalsetruetrue 3 4'],
    ['{{ stripPort "1.2.3.4:80" }} {{ stripPort "[::1]:80" }} {{ parseDuration "1h30m" }} {{ urlquery "a b&c" }} {{ "<" | html }}', 0, '1.2.3.4 ::1 5400 a+b%26c &lt;'],
    ['{{ define "one" }}<{{ . }}>{{ end }}{{ template "one" 1 }}{{ block "two" 2 }}[{{ . }}]{{ end }} {{ range query "m" }}{{ if eq .Value 1.0 }}{{ continue }}{{ end }}{{ .Labels.n }}{{ break }}{{ end }}', 0, '<1>[2] a'],
    ['{{ tableLink "x y" }} {{ externalURL }} {{ pathPrefix }} {{ $externalLabels.region }}', 0, '/graph?g0.expr=x+y&g0.tab=1 https://f.example/pre /pre eu'],
  ])('%s', async (text, value, expected) => expect(await expand(text, value)).toBe(expected));

  it.each([['{{ $value.x }}', "can't evaluate field x"], ['{{ first (query "nothing") }}', 'error calling first: first() called on vector with no elements'], ['{{ humanize "x" }}', 'error calling humanize: "x" is not a number'], ['{{ humanize "constructor" }}', 'error calling humanize: "constructor" is not a number']])('%s fails', async (text, reason) => {
    await expect(expand(text)).rejects.toThrow(reason);
  });

  it.each([['{{ nonsense 1 }}', 'function "nonsense" not defined'], ['{{ if 1 }}', '{{if}} has no {{end}}'], ['{{ end }}', 'unexpected {{end}}'], ['{{ 1', 'unclosed action'], ['{{ template "x" }}', 'template "x" is not defined'], ['{{ break }}', 'outside of {{range}}'], ['{{ if true }}{{ define "x" }}{{ end }}{{ end }}', 'unexpected {{define}}'], ['{{ 1 | 2 }}', 'cannot be called'], ['{{ ( 1 }}', 'unclosed left paren'], ['{{ ! }}', 'unexpected "!"']])('%s is no template', (text, reason) => {
    expect(() => compileTemplate(text)).toThrow(reason);
  });

  it('end also when a text would not', async () => {
    await expect(expand('{{ $a := printf "%1000s" "x" }}{{ $b := print $a $a $a $a $a $a $a $a $a $a $a }}{{ print $b $b $b $b $b $b $b $b $b $b }}')).rejects.toThrow('a template of more than 100000 characters');
  });
});
