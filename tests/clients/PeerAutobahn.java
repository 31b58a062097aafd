import com.fasterxml.jackson.databind.ObjectMapper;
import io.crossbar.autobahn.wamp.Client;
import io.crossbar.autobahn.wamp.Session;
import io.crossbar.autobahn.wamp.auth.TicketAuth;
import io.crossbar.autobahn.wamp.exceptions.ApplicationError;
import io.crossbar.autobahn.wamp.interfaces.IInvocationHandler;
import io.crossbar.autobahn.wamp.interfaces.ITransport;
import io.crossbar.autobahn.wamp.transports.NettyWebSocket;
import io.crossbar.autobahn.wamp.types.CallOptions;
import io.crossbar.autobahn.wamp.types.CallResult;
import io.crossbar.autobahn.wamp.types.InvocationResult;
import io.crossbar.autobahn.wamp.types.PublishOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;

/** java PeerAutobahn.java URL REALM AUTHID TICKET SERIALIZER: what clients_test.py asks for, as one line of JSON. */
class PeerAutobahn {
    static Map<String, Object> sample() {
        Map<String, Object> sample = new HashMap<>();
        sample.put("text", "Grüße, 世界");
        sample.put("number", -7);
        sample.put("large", 1L << 53);
        sample.put("real", 1.5);
        sample.put("yes", true);
        sample.put("none", null);
        sample.put("list", Arrays.asList(1, Arrays.asList(2, new ArrayList<>())));
        sample.put("dict", Map.of("a", Map.of()));
        return sample;
    }

    static <T> T await(CompletableFuture<T> future) throws Exception {
        return future.get(10, TimeUnit.SECONDS);
    }

    static Map<String, Object> converse(Session session) throws Exception {
        Map<String, Object> result = new HashMap<>();
        CompletableFuture<Object> news = new CompletableFuture<>();
        await(session.subscribe("lab.news", (args, kwargs, details) -> {
            news.complete(List.of(args, kwargs));
        }));
        IInvocationHandler twice = (args, kwargs, details) -> new InvocationResult(2 * ((Number) args.get(0)).longValue());
        await(session.register("lab.twice", twice));
        CallResult echo = await(session.call("lab.echo", List.<Object>of(sample(), "x"), Map.<String, Object>of("key", sample()),
            new CallOptions(0)));
        result.put("echo", echo.results.get(0));
        result.put("poke", await(session.call("lab.poke")).results.get(0));
        result.put("news", await(news));
        try {
            await(session.call("wiki.read"));
            result.put("refused", "permitted");
        } catch (ExecutionException error) {
            result.put("refused", error.getCause() instanceof ApplicationError ? error.getCause().getMessage() : error.toString());
        }
        await(session.publish("lab.told", List.<Object>of(sample()), Map.<String, Object>of("n", 2), new PublishOptions(true, true)));
        return result;
    }

    public static void main(String[] words) throws Exception {
        Session session = new Session(ForkJoinPool.commonPool());
        ITransport transport = new NettyWebSocket(words[0], List.of("wamp.2." + words[4]));
        CompletableFuture<Map<String, Object>> done = new CompletableFuture<>();
        session.addOnJoinListener((joined, details) -> new Thread(() -> {
            try {
                done.complete(converse(session));
            } catch (Exception error) {
                done.completeExceptionally(error);
            }
        }).start());
        session.addOnLeaveListener((left, details) -> done.completeExceptionally(new IllegalStateException(details.reason + " " + details.message)));
        Client client = new Client(transport, ForkJoinPool.commonPool());
        client.add(session, words[1], List.of(new TicketAuth(words[2], words[3])));
        client.connect();
        try {
            System.out.println(new ObjectMapper().writeValueAsString(done.get(30, TimeUnit.SECONDS)));
            System.exit(0);
        } catch (Exception error) {
            error.printStackTrace();
            System.exit(1);
        }
    }
}
