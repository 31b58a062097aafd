//! peer_wamp_async URL REALM AUTHID TICKET SERIALIZER: what clients_test.py asks for, as one line of JSON.
use serde_json::{json, Map, Value};
use std::{env, error::Error, time::Duration};
use wamp_async::{AuthenticationChallengeResponse, AuthenticationMethod, Client, ClientConfig, SerializerType, WampArgs, WampError, WampKwArgs};

async fn twice(args: Option<WampArgs>, _: Option<WampKwArgs>) -> Result<(Option<WampArgs>, Option<WampKwArgs>), WampError> {
    let number = args.and_then(|all| all.first().and_then(Value::as_i64)).unwrap_or_default();
    Ok((Some(vec![json!(2 * number)]), None))
}

fn keyed(key: &str, value: Value) -> Option<WampKwArgs> {
    let mut all = Map::new();
    all.insert(key.to_string(), value);
    Some(all)
}

async fn converse(url: String, realm: String, authid: String, ticket: String, serializer: String) -> Result<Value, Box<dyn Error>> {
    let sample = json!({"text": "Grüße, 世界", "number": -7, "large": 1u64 << 53, "real": 1.5, "yes": true, "none": null,
        "list": [1, [2, []]], "dict": {"a": {}}});
    let kind = if serializer == "json" { SerializerType::Json } else { SerializerType::MsgPack };
    let config = ClientConfig::default().set_serializers(vec![kind]);
    let (mut client, (events, offers)) = Client::connect(url.replace("rs:", "tcp:"), Some(config)).await?;
    tokio::spawn(events);
    tokio::spawn(async move {
        let mut offers = offers.expect("a callee");
        while let Some(call) = offers.recv().await {
            tokio::spawn(call);
        }
    });
    client
        .join_realm_with_authentication(realm, vec![AuthenticationMethod::Ticket], authid, move |_, _| {
            let ticket = ticket.clone();
            async move { Ok(AuthenticationChallengeResponse::with_signature(ticket)) }
        })
        .await?;
    let (_, mut news) = client.subscribe("lab.news").await?;
    client.register("lab.twice", twice).await?;
    let (echo, _) = client.call("lab.echo", Some(vec![sample.clone(), json!("x")]), keyed("key", sample.clone())).await?;
    let (poke, _) = client.call("lab.poke", None, None).await?;
    let (_, args, kwargs) = news.recv().await.ok_or("no event")?;
    let refused = match client.call("wiki.read", None, None).await {
        Err(WampError::ServerError(uri, _)) => uri,
        other => format!("{:?}", other),
    };
    client.publish("lab.told", Some(vec![sample]), keyed("n", json!(2)), true).await?;
    Ok(json!({"echo": echo.unwrap_or_default()[0], "poke": poke.unwrap_or_default()[0], "news": [args, kwargs], "refused": refused}))
}

#[tokio::main]
async fn main() {
    let mut words = env::args().skip(1);
    let mut word = || words.next().expect("five arguments");
    let talk = converse(word(), word(), word(), word(), word());
    match tokio::time::timeout(Duration::from_secs(20), talk).await {
        Ok(Ok(result)) => println!("{}", result),
        other => {
            eprintln!("{:?}", other);
            std::process::exit(1);
        }
    }
}
