#!/usr/bin/env bash
# Install the chart on a real Kubernetes API server: no controllers and no nodes, so objects are admitted, defaulted and
# stored as on a cluster, and no pod runs. The server is built once from its Go module, by pinned version, into the cache
# (about seven CPU minutes and 2 GB of memory).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/helm_tools.sh

server="$tools/kube-apiserver-$KUBERNETES/kube-apiserver"
if [ ! -x "$server" ]; then
    echo "building kube-apiserver $KUBERNETES (once)"
    # Clients refuse to talk to a server whose version they can't read.
    version="-X k8s.io/component-base/version.gitVersion=$KUBERNETES -X k8s.io/component-base/version.gitMajor=1"
    version="$version -X k8s.io/component-base/version.gitMinor=$(cut -d. -f2 <<<"$KUBERNETES")"
    mkdir -p "$(dirname "$server")"
    (cd deploy/helm/apiserver && "$go" build -trimpath -ldflags "-s -w $version" -o "$server.new" .)
    mv "$server.new" "$server"
fi
exec $python scripts/helm_apiserver.py "$server" "$helm" "$chart" "$KUBERNETES" \
    "$crds"/monitoring.coreos.com_{podmonitors,prometheusrules}.yaml
