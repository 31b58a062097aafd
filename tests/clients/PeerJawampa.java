import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.EnumSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import rx.Observable;
import ws.wamp.jawampa.ApplicationError;
import ws.wamp.jawampa.PublishFlags;
import ws.wamp.jawampa.WampClient;
import ws.wamp.jawampa.WampClientBuilder;
import ws.wamp.jawampa.WampSerialization;
import ws.wamp.jawampa.auth.client.Ticket;
import ws.wamp.jawampa.transport.netty.NettyWampClientConnectorProvider;

/** java PeerJawampa.java URL REALM AUTHID TICKET SERIALIZER: what clients_test.py asks for, as one line of JSON. */
class PeerJawampa {
    static final ObjectMapper JSON = new ObjectMapper();

    static <T> T await(Observable<T> observable) {
        return observable.timeout(10, TimeUnit.SECONDS).toBlocking().first();
    }

    static JsonNode converse(WampClient client) throws Exception {
        JsonNode sample = JSON.readTree("{\"text\": \"Grüße, 世界\", \"number\": -7, \"large\": " + (1L << 53) + ", \"real\": 1.5, \"yes\": true, "
            + "\"none\": null, \"list\": [1, [2, []]], \"dict\": {\"a\": {}}}");
        ObjectNode result = JSON.createObjectNode();
        CompletableFuture<JsonNode> news = new CompletableFuture<>();
        client.makeSubscription("lab.news").subscribe(
            event -> news.complete(JSON.createArrayNode().add(event.arguments()).add(event.keywordArguments())), news::completeExceptionally);
        client.registerProcedure("lab.twice").subscribe(request -> request.reply(2 * request.arguments().get(0).asLong()), Throwable::printStackTrace);
        ArrayNode args = JSON.createArrayNode().add(sample).add("x");
        ObjectNode kwargs = JSON.createObjectNode();
        kwargs.set("key", sample);
        result.set("echo", await(client.call("lab.echo", args, kwargs)).arguments().get(0));
        result.set("poke", await(client.call("lab.poke")).arguments().get(0));
        result.set("news", news.get(10, TimeUnit.SECONDS));
        result.put("refused", await(client.call("wiki.read").map(reply -> "permitted")
            .onErrorReturn(error -> error instanceof ApplicationError ? ((ApplicationError) error).uri() : error.toString())));
        await(client.publish("lab.told", EnumSet.of(PublishFlags.RequireAcknowledge), JSON.createArrayNode().add(sample),
            JSON.createObjectNode().put("n", 2)));
        return result;
    }

    public static void main(String[] words) throws Exception {
        WampSerialization serialization = words[4].equals("json") ? WampSerialization.Json : WampSerialization.MessagePack;
        WampClient client = new WampClientBuilder().withConnectorProvider(new NettyWampClientConnectorProvider()).withUri(words[0])
            .withRealm(words[1]).withAuthId(words[2]).withAuthMethod(new Ticket(words[3]))
            .withSerializations(new WampSerialization[] {serialization}).build();
        CompletableFuture<JsonNode> done = new CompletableFuture<>();
        client.statusChanged().subscribe(state -> {
            if (state instanceof WampClient.ConnectedState) {
                new Thread(() -> {
                    try {
                        done.complete(converse(client));
                    } catch (Exception error) {
                        done.completeExceptionally(error);
                    }
                }).start();
            } else if (state instanceof WampClient.DisconnectedState && ((WampClient.DisconnectedState) state).disconnectReason() != null) {
                done.completeExceptionally(((WampClient.DisconnectedState) state).disconnectReason());
            }
        });
        client.open();
        try {
            System.out.println(done.get(30, TimeUnit.SECONDS));
            System.exit(0);
        } catch (Exception error) {
            error.printStackTrace();
            System.exit(1);
        }
    }
}
