// A nexus router with one realm, on the address that it is given: the internal router of features_test.py.
package main

import (
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/gammazero/nexus/v3/router"
	"github.com/gammazero/nexus/v3/wamp"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: nexus-router REALM tcp|unix ADDRESS")
	}
	config := &router.Config{RealmConfigs: []*router.RealmConfig{{
		URI:            wamp.URI(os.Args[1]),
		AnonymousAuth:  true,
		AllowDisclose:  true,
		EnableMetaKill: true,
		TopicEventHistoryConfigs: []*router.TopicEventHistoryConfig{
			{Topic: "lab.history", MatchPolicy: "exact", Limit: 10}},
	}}}
	nexus, err := router.NewRouter(config, log.New(os.Stderr, "", log.LstdFlags))
	if err != nil {
		log.Fatal(err)
	}
	defer nexus.Close()
	server := router.NewRawSocketServer(nexus)
	closer, err := server.ListenAndServe(os.Args[2], os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	defer closer.Close()
	log.Print("listening")
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	<-end
}
