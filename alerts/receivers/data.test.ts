import { describe, expect, it } from 'vitest';
import { dataOf, notificationFunctions } from './data.js';
import { loadTemplates } from './templates.js';
import { orders, over, testAlert, testNotification } from './testing.js';

const { templates } = await loadTemplates([], notificationFunctions(() => orders.startsAt + 3_723_500));
const notification = testNotification([orders, over(testAlert({ alertname: 'OrdersFail', service: 'basket', zone: 'b' }, { summary: 'x' }))]);
const fill = (text: string): string => templates.compile(text)(dataOf(notification), 'text');

describe('templates of notifications', () => {
  it.each([
    ['{{ .Receiver }} {{ .Status }} {{ .ExternalURL }} {{ len .Alerts }} {{ .Alerts.Firing | len }} {{ len .Alerts.Resolved }}', 'team\\.x firing https://f.example 2 1 1'],
    ['{{ range .Alerts.Firing }}{{ .Labels.service }} {{ .Labels.none }}{{ .Annotations.summary }} {{ .Fingerprint }} {{ .Status }}{{ end }}', 'checkout Half of <all> orders & more fail 00000000000000aa firing'],
    ['{{ (index .Alerts 1).Labels.SortedPairs.Names | join "," }} {{ (index .Alerts 0).Labels.SortedPairs.Values | join "," }}', 'alertname,service,zone OrdersFail,checkout,critical'],
    ['{{ .CommonLabels.Remove .GroupLabels.Names }}|{{ .GroupLabels }}|{{ with index .Alerts 0 }}{{ (.Labels.Remove (stringSlice "severity")).SortedPairs }}{{ end }}', '|alertname=OrdersFail|alertname=OrdersFail, service=checkout'],
    ['{{ range $i, $a := .Alerts }}{{ if $i }}; {{ end }}{{ $i }}={{ $a.Labels.service }}{{ end }}', '0=checkout; 1=basket'],
    ['{{ range .Alerts }}{{ if eq .Labels.service "checkout" }}{{ continue }}{{ end }}{{ .Labels.service }}{{ break }}{{ end }}', 'basket'],
    ['{{ define "x" }}<{{ . }}>{{ end }}{{ template "x" .Status }}{{ block "y" .Alerts }}{{ len . }}{{ end }}', '<firing>2'],
    ['{{ "a b" | toUpper | printf "%s-%d" "x" }}', 'x-%!d(string=A B)'],
    ['{{ "hELLO wORLD" | title }} {{ " x " | trimSpace }} {{ match "^a.c$" "abc" }} {{ reReplaceAll "(.)b" "$1-" "ab" }} {{ stringSlice "a" "b" | join "+" }}', 'Hello World x true a- a+b'],
    ['{{ with index .Alerts 1 }}{{ .StartsAt.Format "2006-01-02 15:04:05" }} {{ .EndsAt.Sub .StartsAt }} {{ .StartsAt.Unix }} {{ (.StartsAt.Add 3600e9).Format "3:04PM" }} {{ .StartsAt }}{{ end }}', '2026-01-02 03:04:05 1m0s 1767323045 4:04AM 2026-01-02 03:04:05 +0000 UTC'],
    ['{{ with index .Alerts 0 }}{{ .StartsAt | tz "Europe/Berlin" | date "Mon, 02 Jan 2006 15:04:05 MST -0700 Z07:00" }} {{ .StartsAt | since }} {{ humanizeDuration (since .StartsAt) }} {{ .EndsAt.IsZero }}{{ end }}', 'Fri, 02 Jan 2026 04:04:05 CET +0100 +01:00 1h2m3.5s 1h 2m 3s true'],
    ['{{ with index .Alerts 1 }}{{ .StartsAt.YearDay }} {{ .StartsAt.Truncate 3600000000000 }} {{ .StartsAt.Round 604800e9 }} {{ .StartsAt.AddDate 0 1 29 }} {{ .StartsAt.AddDate -1 -2 3 }} {{ .StartsAt.Compare .EndsAt }}{{ end }}', '2 2026-01-02 03:00:00 +0000 UTC 2026-01-05 00:00:00 +0000 UTC 2026-03-03 03:04:05 +0000 UTC 2024-11-05 03:04:05 +0000 UTC -1'],
    ['{{ with index .Alerts 1 }}{{ with .StartsAt | tz "Europe/Berlin" }}{{ .Truncate 604800e9 }} {{ .AddDate 0 5 0 }}{{ end }}{{ with .StartsAt.Add 5545555e9 | tz "America/New_York" }} {{ . }} {{ .AddDate 0 0 1 }}{{ end }} {{ (.StartsAt.Sub .EndsAt).Abs.Microseconds }}{{ end }}', '2025-12-29 01:00:00 +0100 CET 2026-06-02 04:04:05 +0200 CEST 2026-03-07 02:30:00 -0500 EST 2026-03-08 01:30:00 -0500 EST 60000000'],
    ['{{ $x := "a" }}{{ if and .Alerts (gt (len .Alerts) 1) }}{{ $x = "b" }}{{ end }}{{ $x }}{{- /* c */ -}} {{ with .CommonAnnotations.none }}n{{ else with .Status }}{{ . }}{{ end }}', 'bfiring'],
    ['{{ slice "abcdef" 1 3 }} {{ .CommonLabels.alertname | urlquery }} {{ or .CommonLabels.none "d" }}{{ not true }}', 'bc OrdersFail dfalse'],
  ])('%s', (text, expected) => expect(fill(text)).toBe(expected));

  // What Go's html/template writes, but for a plus sign, which it leaves as it is after `html`.
  it.each([
    ['<p title="{{ . | html }}">{{ . | html }}, {{ html . }}</p>', '<p title="a b&#34;c&#39;&lt;&amp;%/?">a b&#34;c&#39;&lt;&amp;%/?, a b&#34;c&#39;&lt;&amp;%/?</p>'],
    ['<a href="https://f/?q={{ . | html }}">x</a>', '<a href="https://f/?q=a%20b%22c%27%3c%26%25%2f%3f">x</a>'],
    ['<a href="https://f/{{ . | urlquery }}?q={{ urlquery . }}">{{ . | urlquery }}</a>', '<a href="https://f/a&#43;b%22c%27%3C%26%25%2F%3F?q=a&#43;b%22c%27%3C%26%25%2F%3F">a&#43;b%22c%27%3C%26%25%2F%3F</a>'],
    ['{{ $y := html . }}<p>{{ $y }}</p>', '<p>a b&amp;#34;c&amp;#39;&amp;lt;&amp;amp;%/?</p>'],
    ['<p>{{ safeHtml "<b>&amp;</b>" | html }}</p>', '<p>&lt;b&gt;&amp;amp;&lt;/b&gt;</p>'],
    ['<a href="{{ "javascript:alert(1)" | html }}">x</a>', '<a href="#ZgotmplZ">x</a>'],
  ])('%s escapes once', (text, expected) => {
    const html = `{{ define "t" }}${text}{{ end }}{{ template "t" ("a b\\"c'<&%/?") }}`;
    expect(templates.compile(html)(dataOf(notification), 'html')).toBe(expected);
  });

  it.each([['{{ .Foo }}', "can't evaluate field Foo in type template.Data"], ['{{ index .Alerts 7 }}', 'index out of range'], ['{{ .Status.X }}', "can't evaluate field X"], ['{{ .Status "x" }}', 'cannot be invoked as function'], ['{{ "x" | tz "Nowhere/At" }}', 'expected a time'], ['{{ (index .Alerts 0).StartsAt.AddDate 1 }}', 'expected years, months and days'], ['{{ define "r" }}{{ template "r" . }}{{ end }}{{ template "r" . }}', 'more than 50 deep']])('%s fails', (text, reason) => {
    expect(() => fill(text)).toThrow(reason);
  });

  it.each([['{{ template "none" . }}', 'template "none" is not defined'], ['{{ query "up" }}', 'function "query" not defined'], ['{{ range .Alerts }}', '{{range}} has no {{end}}'], ['{{ continue }}', 'outside of {{range}}']])('%s is no template', (text, reason) => {
    expect(() => fill(text)).toThrow(reason);
  });
});
