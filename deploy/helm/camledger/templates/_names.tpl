{{- define "camledger.name" -}}
{{- .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "camledger.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "camledger.serviceAccountName" -}}
{{- default (ternary (include "camledger.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "camledger.configName" -}}
{{- printf "%s-settings" (include "camledger.fullname" .) -}}
{{- end -}}

{{- define "camledger.claimName" -}}
{{- default (printf "%s-footage" (include "camledger.fullname" .)) .Values.footage.existingClaim -}}
{{- end -}}

{{/* Where access finds the vault's key when a Secret has it. */}}
{{- define "camledger.vaultKeyFolder" -}}
/etc/camledger/vault
{{- end -}}

{{- define "camledger.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (default $.Chart.AppVersion .tag) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "camledger.selectorLabels" -}}
app.kubernetes.io/name: {{ include "camledger.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "camledger.labels" -}}
{{ include "camledger.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}
