// peer_nexus URL REALM AUTHID TICKET SERIALIZER: what clients_test.py asks for, as one line of JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/gammazero/nexus/v3/client"
	"github.com/gammazero/nexus/v3/transport/serialize"
	"github.com/gammazero/nexus/v3/wamp"
)

var sample = wamp.Dict{"text": "Grüße, 世界", "number": -7, "large": 1 << 53, "real": 1.5, "yes": true, "none": nil,
	"list": wamp.List{1, wamp.List{2, wamp.List{}}}, "dict": wamp.Dict{"a": wamp.Dict{}}}
var serializations = map[string]serialize.Serialization{"json": client.JSON, "msgpack": client.MSGPACK, "cbor": client.CBOR}

func converse(url, realm, authid, ticket, serializer string) (map[string]any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	answer := func(*wamp.Challenge) (string, wamp.Dict) { return ticket, wamp.Dict{} }
	session, err := client.ConnectNet(ctx, strings.Replace(url, "rs:", "tcp:", 1), client.Config{Realm: realm,
		HelloDetails: wamp.Dict{"authid": authid}, AuthHandlers: map[string]client.AuthFunc{"ticket": answer},
		Serialization: serializations[serializer]})
	if err != nil {
		return nil, err
	}
	news := make(chan *wamp.Event, 1)
	if err := session.SubscribeChan("lab.news", news, nil); err != nil {
		return nil, err
	}
	twice := func(_ context.Context, invocation *wamp.Invocation) client.InvokeResult {
		number, _ := wamp.AsInt64(invocation.Arguments[0])
		return client.InvokeResult{Args: wamp.List{2 * number}}
	}
	if err := session.Register("lab.twice", twice, nil); err != nil {
		return nil, err
	}
	result := map[string]any{"refused": "permitted"}
	echo, err := session.Call(ctx, "lab.echo", nil, wamp.List{sample, "x"}, wamp.Dict{"key": sample}, nil)
	if err != nil {
		return nil, err
	}
	result["echo"] = echo.Arguments[0]
	poke, err := session.Call(ctx, "lab.poke", nil, nil, nil, nil)
	if err != nil {
		return nil, err
	}
	result["poke"] = poke.Arguments[0]
	select {
	case event := <-news:
		result["news"] = []any{event.Arguments, event.ArgumentsKw}
	case <-ctx.Done():
		return nil, errors.New("no event")
	}
	_, err = session.Call(ctx, "wiki.read", nil, nil, nil, nil)
	var refusal client.RPCError
	if errors.As(err, &refusal) {
		result["refused"] = refusal.Err.Error
	}
	if err := session.Publish("lab.told", wamp.Dict{"acknowledge": true}, wamp.List{sample}, wamp.Dict{"n": 2}); err != nil {
		return nil, err
	}
	return result, session.Close()
}

func main() {
	result, err := converse(os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(result)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
