/**
 * The templates there are without any file, under the names that Alertmanager's users know. Each says what is wrong
 * first: an incident of Faultline by its title, cause, impact and link, an alert by its name and what it says of itself.
 * Values in them are escaped for the medium they are used in.
 */
export const BUILT_IN = `
{{ define "__alertmanager" }}Faultline{{ end }}
{{ define "__alertmanagerURL" }}{{ with .CommonAnnotations.link }}{{ . }}{{ else }}{{ .ExternalURL }}{{ end }}{{ end }}

{{ define "__says" }}{{ with .Annotations.summary }}{{ . }}{{ else }}{{ with .Annotations.message }}{{ . }}{{ else }}{{ .Annotations.description }}{{ end }}{{ end }}{{ end }}
{{ define "__headline" -}}
  {{- if eq .Labels.alertname "FaultlineIncident" -}}
    {{- with .Annotations.title }}{{ . }}{{ else }}Incident{{ with .Labels.service }} in {{ . }}{{ end }}{{ end -}}
  {{- else -}}
    {{- with .Labels.alertname }}{{ . }}{{ else }}Alert{{ end -}}
    {{- if or .Annotations.summary .Annotations.message .Annotations.description }}: {{ template "__says" . }}{{ end -}}
  {{- end -}}
{{- end }}
{{ define "__group" -}}
  {{- if and (eq .CommonLabels.alertname "FaultlineIncident") .CommonAnnotations.title -}}
    {{- .CommonAnnotations.title -}}
  {{- else -}}
    {{- with .CommonLabels.alertname }}{{ . }}{{ else }}{{ len .Alerts }} alerts{{ end -}}
    {{- with (.GroupLabels.Remove (stringSlice "alertname")).SortedPairs }} ({{ range $at, $pair := . }}{{ if $at }}, {{ end }}{{ $pair.Name }}={{ $pair.Value }}{{ end }}){{ end -}}
  {{- end -}}
{{- end }}
{{ define "__subject" -}}
  {{- if eq .Status "resolved" }}Resolved{{ else if eq .CommonLabels.alertname "FaultlineIncident" }}Open{{ else }}Firing{{ end -}}
  {{- if gt (len .Alerts) 1 }} ({{ if .Alerts.Firing }}{{ len .Alerts.Firing }}{{ with .Alerts.Resolved }}, {{ len . }} over{{ end }}{{ else }}{{ len .Alerts }}{{ end }}){{ end -}}
  {{- if eq (len .Alerts) 1 }}: {{ range .Alerts }}{{ template "__headline" . }}{{ end }}{{ else }}: {{ template "__group" . }}{{ end -}}
{{- end }}
{{ define "__description" }}{{ end }}

{{ define "__details" -}}
  {{- if eq .Labels.alertname "FaultlineIncident" -}}
    {{- with .Annotations.cause }}
Cause: {{ . }}{{ else }}{{ with .Annotations.summary }}
{{ . }}{{ end }}{{ end -}}
    {{- with .Annotations.impact }}
Impact: {{ . }}{{ end -}}
    {{- with .Annotations.link }}
{{ . }}{{ end -}}
  {{- else -}}
    {{- if .Annotations.summary }}{{ with .Annotations.description }}
{{ . }}{{ end }}{{ end -}}
    {{- with .Annotations.runbook_url }}
Runbook: {{ . }}{{ end -}}
    {{- with .Annotations.incident_link }}
Part of {{ . }}{{ end }}
{{ range $at, $pair := (.Labels.Remove (stringSlice "alertname")).SortedPairs }}{{ if $at }}, {{ end }}{{ $pair.Name }}={{ $pair.Value }}{{ end -}}
    {{- with .GeneratorURL }}
{{ . }}{{ end -}}
  {{- end -}}
{{- end }}
{{ define "__text_alert_list" }}{{ range . }}{{ template "__headline" . }}{{ template "__details" . }}

{{ end }}{{ end }}
{{ define "__text_alert_list_markdown" }}{{ range . }}**{{ template "__headline" . }}**{{ template "__details" . }}

{{ end }}{{ end }}
{{ define "__all_alerts" -}}
  {{- with .Alerts.Firing }}{{ template "__text_alert_list" . }}{{ end -}}
  {{- with .Alerts.Resolved }}{{ if $.Alerts.Firing }}Over:

{{ end }}{{ template "__text_alert_list" . }}{{ end -}}
{{- end }}

{{ define "slack.default.title" }}{{ template "__subject" . }}{{ end }}
{{ define "slack.default.username" }}{{ template "__alertmanager" . }}{{ end }}
{{ define "slack.default.fallback" }}{{ template "__subject" . }} | {{ template "__alertmanagerURL" . }}{{ end }}
{{ define "slack.default.callbackid" }}{{ end }}
{{ define "slack.default.pretext" }}{{ end }}
{{ define "slack.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end }}
{{ define "slack.default.iconemoji" }}{{ end }}
{{ define "slack.default.iconurl" }}{{ end }}
{{ define "slack.default.footer" }}{{ end }}
{{ define "slack.default.text" -}}
  {{- if and (eq (len .Alerts) 1) (eq .CommonLabels.alertname "FaultlineIncident") -}}
    {{- with .CommonAnnotations.cause }}*Cause:* {{ . }}{{ else }}{{ .CommonAnnotations.summary }}{{ end -}}
    {{- with .CommonAnnotations.impact }}
*Impact:* {{ . }}{{ end -}}
    {{- with .CommonAnnotations.link }}
<{{ . }}|Open the incident>{{ end -}}
  {{- else -}}
    {{- range .Alerts }}*{{ if eq .Status "resolved" }}Over: {{ end }}{{ template "__headline" . }}*{{ template "__details" . }}

{{ end -}}
  {{- end -}}
{{- end }}

{{ define "pagerduty.default.description" }}{{ template "__subject" . }}{{ end }}
{{ define "pagerduty.default.client" }}{{ template "__alertmanager" . }}{{ end }}
{{ define "pagerduty.default.clientURL" }}{{ template "__alertmanagerURL" . }}{{ end }}
{{ define "pagerduty.default.instances" }}{{ template "__text_alert_list" . }}{{ end }}

{{ define "opsgenie.default.message" }}{{ template "__subject" . }}{{ end }}
{{ define "opsgenie.default.description" }}{{ template "__all_alerts" . }}{{ end }}
{{ define "opsgenie.default.source" }}{{ template "__alertmanagerURL" . }}{{ end }}

{{ define "telegram.default.message" -}}
<b>{{ template "__subject" . }}</b>
{{ range .Alerts }}
{{ if gt (len $.Alerts) 1 }}<b>{{ if eq .Status "resolved" }}Over: {{ end }}{{ template "__headline" . }}</b>{{ end }}{{ template "__details" . }}
{{ end }}{{ end }}

{{ define "msteams.default.summary" }}{{ template "__subject" . }}{{ end }}
{{ define "msteams.default.title" }}{{ template "__subject" . }}{{ end }}
{{ define "msteams.default.text" }}{{ template "__teams_text" . }}{{ end }}
{{ define "msteamsv2.default.title" }}{{ template "__subject" . }}{{ end }}
{{ define "msteamsv2.default.text" }}{{ template "__teams_text" . }}{{ end }}
{{ define "__teams_text" -}}
  {{- if and (eq (len .Alerts) 1) (eq .CommonLabels.alertname "FaultlineIncident") -}}
    {{- with .CommonAnnotations.cause }}**Cause:** {{ . }}{{ else }}{{ .CommonAnnotations.summary }}{{ end -}}
    {{- with .CommonAnnotations.impact }}

**Impact:** {{ . }}{{ end -}}
  {{- else -}}
    {{- template "__text_alert_list_markdown" .Alerts.Firing -}}
    {{- with .Alerts.Resolved }}{{ if $.Alerts.Firing }}Over:

{{ end }}{{ template "__text_alert_list_markdown" . }}{{ end -}}
  {{- end -}}
{{- end }}

{{ define "email.default.subject" }}{{ template "__subject" . }}{{ end }}
{{ define "email.default.text" }}{{ template "__subject" . }}

{{ template "__all_alerts" . }}-- 
{{ template "__alertmanager" . }} {{ .ExternalURL }}
{{ end }}
{{ define "email.default.html" }}<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{ template "__subject" . }}</title></head>
<body style="margin:0;padding:24px 12px;background:#f4f4f5;color:#1c1c1f;font:15px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:640px;background:#ffffff;border-radius:8px;border-top:6px solid {{ if eq .Status "resolved" }}#2b8a3e{{ else }}#c92a2a{{ end }}">
<tr><td style="padding:20px 24px 8px"><h1 style="margin:0;font-size:20px;line-height:1.3">{{ template "__subject" . }}</h1></td></tr>
{{- range .Alerts }}
<tr><td style="padding:12px 24px;border-top:1px solid #e4e4e7">{{ template "__email_alert" . }}</td></tr>
{{- end }}
<tr><td style="padding:16px 24px;border-top:1px solid #e4e4e7;color:#71717a;font-size:13px">Sent by <a href="{{ .ExternalURL }}" style="color:#71717a">{{ template "__alertmanager" . }}</a> to {{ .Receiver }}</td></tr>
</table></td></tr></table>
</body></html>
{{ end }}
{{ define "__email_alert" -}}
<strong style="color:{{ if eq .Status "resolved" }}#2b8a3e{{ else }}#c92a2a{{ end }}">{{ if eq .Status "resolved" }}Over{{ else }}Now{{ end }}</strong> {{ template "__headline" . }}
{{- if eq .Labels.alertname "FaultlineIncident" }}
  {{- with .Annotations.cause }}<br><strong>Cause:</strong> {{ . }}{{ else }}{{ with .Annotations.summary }}<br>{{ . }}{{ end }}{{ end }}
  {{- with .Annotations.impact }}<br><strong>Impact:</strong> {{ . }}{{ end }}
  {{- with .Annotations.link }}<br><a href="{{ . }}" style="display:inline-block;margin-top:10px;padding:8px 14px;border-radius:6px;background:#1971c2;color:#ffffff;text-decoration:none">Open the incident</a>{{ end }}
{{- else }}
  {{- if .Annotations.summary }}{{ with .Annotations.description }}<br>{{ . }}{{ end }}{{ end }}
<br><span style="color:#71717a;font-size:13px">since {{ .StartsAt.UTC.Format "2006-01-02 15:04:05" }} UTC
  {{- if eq .Status "resolved" }} until {{ .EndsAt.UTC.Format "15:04:05" }} UTC{{ end }}
  {{- range (.Labels.Remove (stringSlice "alertname")).SortedPairs }} · {{ .Name }}={{ .Value }}{{ end }}</span>
  {{- with .Annotations.runbook_url }}<br><a href="{{ . }}">Runbook</a>{{ end }}
  {{- with .GeneratorURL }}{{ if $.Annotations.runbook_url }} · {{ else }}<br>{{ end }}<a href="{{ . }}">Show the expression</a>{{ end }}
{{- end }}
{{- end }}
`;
