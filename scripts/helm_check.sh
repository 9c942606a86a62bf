#!/usr/bin/env bash
# Check the chart without a cluster: lint, render every values file in ci/, hold the result against Kubernetes' own schemas,
# and show that a known-bad manifest is refused. Tools are built once, by pinned version, into the cache.
set -euo pipefail
cd "$(dirname "$0")/.."

. scripts/helm_tools.sh
schemas="$cache/kubernetes-$KUBERNETES-operator-$PROMETHEUS_OPERATOR"
build kubeconform github.com/yannh/kubeconform/cmd/kubeconform "$KUBECONFORM"

if [ ! -f "$schemas/_definitions.json" ]; then
    $python scripts/k8s_schemas.py "$(module "k8s.io/kubernetes@$KUBERNETES")/api/openapi-spec/swagger.json" "$schemas.new" \
        "$crds"/monitoring.coreos.com_{podmonitors,prometheusrules}.yaml
    mv "$schemas.new" "$schemas"
fi
conform() {
    "$tools/$KUBECONFORM/kubeconform" -strict -summary \
        -schema-location "$schemas/{{ .ResourceKind }}{{ .KindSuffix }}.json" "$@"
}

for values in "$chart"/ci/*-values.yaml; do
    echo "== $values"
    "$helm" lint --strict "$chart" --values "$values"
    "$helm" template check "$chart" --kube-version "$KUBERNETES" --namespace evidence --values "$values" >"$cache/rendered.yaml"
    conform "$cache/rendered.yaml"
    $python scripts/restricted.py "$cache/rendered.yaml"
    # A values file that names no Secret renders none of it.
    secret=$($python -c 'import sys, yaml; print(yaml.safe_load(open(sys.argv[1])).get("access", {}).get("vaultKey", {}).get("existingSecret", ""))' "$values")
    if [ -n "$secret" ]; then
        $python -m scripts.vault_key_mount "$cache/rendered.yaml" "$secret"
    elif grep -q CAMLEDGER_VAULT_KEY_FILE "$cache/rendered.yaml"; then
        echo "access is told of a key that no Secret has" >&2
        exit 1
    fi
done

echo "== what must be refused"
if conform tests/helm/known-bad.yaml; then
    echo "kubeconform took a manifest with a misspelt field: it checks nothing" >&2
    exit 1
fi
if $python scripts/restricted.py tests/helm/known-bad.yaml; then
    echo "a pod that runs as root passed as restricted" >&2
    exit 1
fi
if $python -m scripts.vault_key_mount tests/helm/known-bad-key.yaml camledger-vault; then
    echo "a key that others have passed as one of access alone" >&2
    exit 1
fi
for wrong in 'image.digest=latest' 'kafka.bootstrapServer=x' 'workloads.custody.replicas=0' 'fsck.schedule=nightly' \
    'replay.plan=latest' 'replay.enabled=true' 'acceptDanger={Everything}' 'identity.oidc.issuer=http://id.example' \
    'identity.oidc.issuer=https://id.example' 'identity.publicUrl=http://footage.example' 'identity.trustedProxies={everyone}' \
    'live.upstream=rtsp://streams.example/1' 'live.networks={everyone}' \
    'access.vaultKey.existingSecret=Camledger_Vault' 'access.vaultKey.key=../vault.key' 'access.vaultKey.key=' \
    'access.vaultKey.mode=0444' 'access.vaultKey=camledger-vault' 'workloads.access.footage=false'; do
    if "$helm" template check "$chart" --kube-version "$KUBERNETES" --values "$chart/ci/smallest-values.yaml" --set "$wrong" >/dev/null 2>&1; then
        echo "the chart took $wrong" >&2
        exit 1
    fi
done
echo "the chart holds"
