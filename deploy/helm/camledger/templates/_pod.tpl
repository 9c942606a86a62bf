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

{{/* Credentials by reference only: no secret is ever made by this chart. Takes root and principal. */}}
{{- define "camledger.secretEnv" -}}
{{- $values := .root.Values -}}
- name: CAMLEDGER_DATABASE
  valueFrom:
    secretKeyRef:
      name: {{ required "database.existingSecret: name the Secret that holds the base DSN" $values.database.existingSecret }}
      key: {{ $values.database.key }}
{{- with $values.kafka.security }}
{{- if .existingSecret }}
- name: CAMLEDGER_KAFKA_SECURITY
  valueFrom:
    secretKeyRef:
      name: {{ .existingSecret }}
      key: {{ ternary (printf "%s.json" $.principal) .key .perPrincipal }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Keys of the bucket, for ingest alone: nobody else may reach footage except through it. */}}
{{- define "camledger.bucketEnv" -}}
{{- with .Values.footage.credentials }}
{{- if .existingSecret }}
- name: AWS_ACCESS_KEY_ID
  valueFrom:
    secretKeyRef:
      name: {{ .existingSecret }}
      key: {{ .accessKey }}
- name: AWS_SECRET_ACCESS_KEY
  valueFrom:
    secretKeyRef:
      name: {{ .existingSecret }}
      key: {{ .secretKey }}
{{- end }}
{{- end }}
{{- end -}}

{{/* A pod that runs one command of the operators and ends. Takes root, name, principal, arguments, options, and as which
service it asks the others (none: it asks nobody). */}}
{{- define "camledger.operation" -}}
restartPolicy: Never
serviceAccountName: {{ include "camledger.serviceAccountName" .root }}
automountServiceAccountToken: false
securityContext:
  {{- include "camledger.podSecurityContext" .root | nindent 2 }}
{{- with include "camledger.placement" .root }}
{{ . }}
{{- end }}
containers:
  - name: {{ .name }}
    image: {{ include "camledger.image" .root }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args:
      {{- toYaml .arguments | nindent 6 }}
    envFrom:
      - configMapRef:
          name: {{ include "camledger.configName" .root }}
    env:
      {{- include "camledger.secretEnv" . | nindent 6 }}
      {{- with .asks }}
      {{- with $.root.Values.identity }}
      - name: CAMLEDGER_SERVICE_TOKEN
        valueFrom:
          secretKeyRef: {name: {{ .existingSecret }}, key: {{ .serviceTokenKeyPrefix }}{{ $.asks }}}
      {{- end }}
      {{- end }}
      {{- with .root.Values.extraEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    securityContext:
      {{- include "camledger.containerSecurityContext" .root | nindent 6 }}
    resources:
      {{- toYaml .options.resources | nindent 6 }}
    volumeMounts:
      - {name: tmp, mountPath: /tmp}
volumes:
  - name: tmp
    emptyDir: {}
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
