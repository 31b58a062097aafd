// peer_xconn URL REALM AUTHID TICKET SERIALIZER: what clients_test.py asks for, as one line of JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/xconnio/wampproto-go/auth"
	"github.com/xconnio/xconn-go"
)

type dict = map[string]any

var sample = dict{"text": "Grüße, 世界", "number": -7, "large": 1 << 53, "real": 1.5, "yes": true, "none": nil,
	"list": []any{1, []any{2, []any{}}}, "dict": dict{"a": dict{}}}
var specs = map[string]xconn.SerializerSpec{"json": xconn.JSONSerializerSpec, "msgpack": xconn.MsgPackSerializerSpec,
	"cbor": xconn.CBORSerializerSpec}

func converse(url, realm, authid, ticket, serializer string) (dict, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	library := xconn.Client{Authenticator: auth.NewTicketAuthenticator(authid, ticket, nil), SerializerSpec: specs[serializer]}
	session, err := library.Connect(ctx, url, realm)
	if err != nil {
		return nil, err
	}
	news := make(chan *xconn.Event, 1)
	if heard := session.Subscribe("lab.news", func(event *xconn.Event) { news <- event }).Do(); heard.Err != nil {
		return nil, heard.Err
	}
	twice := func(_ context.Context, invocation *xconn.Invocation) *xconn.InvocationResult {
		number, err := invocation.ArgInt64(0)
		if err != nil {
			return xconn.NewInvocationError("lab.error", err.Error())
		}
		return xconn.NewInvocationResult(2 * number)
	}
	if offered := session.Register("lab.twice", twice).Do(); offered.Err != nil {
		return nil, offered.Err
	}
	result := dict{"refused": "permitted"}
	echo := session.Call("lab.echo").Args(sample, "x").Kwarg("key", sample).DoContext(ctx)
	if echo.Err != nil {
		return nil, echo.Err
	}
	result["echo"] = echo.Args()[0]
	poke := session.Call("lab.poke").DoContext(ctx)
	if poke.Err != nil {
		return nil, poke.Err
	}
	result["poke"] = poke.Args()[0]
	select {
	case event := <-news:
		result["news"] = []any{event.Args(), event.Kwargs()}
	case <-ctx.Done():
		return nil, errors.New("no event")
	}
	var refusal *xconn.Error
	if errors.As(session.Call("wiki.read").DoContext(ctx).Err, &refusal) {
		result["refused"] = refusal.URI
	}
	if told := session.Publish("lab.told").Arg(sample).Kwarg("n", 2).Acknowledge(true).Do(); told.Err != nil {
		return nil, told.Err
	}
	return result, session.Leave()
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
