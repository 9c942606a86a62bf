{{/* What every pod of this chart must have: PodSecurity "restricted", hooks and tests included. */}}
{{- define "camledger.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: {{ .Values.runAs.user }}
runAsGroup: {{ .Values.runAs.group }}
fsGroup: {{ .Values.runAs.group }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "camledger.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Credentials by reference only: no secret is ever made by this chart. */}}
{{- define "camledger.secretEnv" -}}
- name: CAMLEDGER_DATABASE
  valueFrom:
    secretKeyRef:
      name: {{ required "database.existingSecret: name the Secret that holds the base DSN" .Values.database.existingSecret }}
      key: {{ .Values.database.key }}
{{- with .Values.kafka.security }}
{{- if .existingSecret }}
- name: CAMLEDGER_KAFKA_SECURITY
  valueFrom:
    secretKeyRef:
      name: {{ .existingSecret }}
      key: {{ .key }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "camledger.placement" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
