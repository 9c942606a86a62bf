// One binary with a whole Kubernetes API server and the etcd that it keeps its objects in, for checks of the chart on
// loopback. No controller, scheduler or kubelet: objects are admitted, defaulted and stored as on a cluster, and no pod runs.
package main

import (
	"log"
	"net/url"
	"os"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

const readyWithin = 30 * time.Second

func main() {
	etcd, err := embed.StartEtcd(settings())
	if err != nil {
		log.Fatal(err)
	}
	defer etcd.Close()
	select {
	case <-etcd.Server.ReadyNotify():
	case <-time.After(readyWithin):
		log.Fatalf("etcd is not ready after %s", readyWithin)
	}
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}

// settings reads ETCD_DATA_DIR, ETCD_CLIENT_URL and ETCD_PEER_URL. Nothing outlives the check, so nothing is synced to disk.
func settings() *embed.Config {
	config := embed.NewConfig()
	config.Dir = required("ETCD_DATA_DIR")
	config.LogLevel = "error"
	client, peer := address("ETCD_CLIENT_URL"), address("ETCD_PEER_URL")
	config.ListenClientUrls, config.AdvertiseClientUrls = client, client
	config.ListenPeerUrls, config.AdvertisePeerUrls = peer, peer
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.UnsafeNoFsync = true
	return config
}

func address(name string) []url.URL {
	found, err := url.Parse(required(name))
	if err != nil {
		log.Fatalf("%s: %s", name, err)
	}
	return []url.URL{*found}
}

func required(name string) string {
	value := os.Getenv(name)
	if value == "" {
		log.Fatalf("%s is not set", name)
	}
	return value
}
