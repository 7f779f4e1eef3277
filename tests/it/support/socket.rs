//! A WebSocket that speaks `graphql-transport-ws`.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{net::TcpStream, runtime::Runtime};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _, http::HeaderValue},
};

use super::{Node, PATIENCE};

/// A socket that is ready for subscriptions.
pub struct Socket {
    runtime: Runtime,
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// What a socket hears.
#[derive(Debug)]
pub enum Heard {
    Message(Value),
    Closed(u16),
}

impl Socket {
    pub fn open(node: &Node, who: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut request = format!("ws://{}/graphql", node.address).into_client_request().expect("a request");
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", HeaderValue::from_static("graphql-transport-ws"));
        if let Some(token) = node.folder.token(who) {
            let value = HeaderValue::from_str(&format!("Bearer {token}")).expect("a token");
            headers.insert("authorization", value);
        }
        let (stream, _) = runtime.block_on(connect_async(request)).expect("a socket");
        let mut socket = Self { runtime, stream };
        socket.say(&json!({ "type": "connection_init" }));
        assert_eq!(socket.message()["type"], "connection_ack");
        socket
    }

    pub fn say(&mut self, message: &Value) {
        let message = Message::text(message.to_string());
        self.runtime.block_on(self.stream.send(message)).expect("a message sent");
    }

    /// Begins a subscription. It follows changes from before the server hears the next message of this socket.
    pub fn subscribe(&mut self, id: &str, query: &str) {
        self.say(&json!({ "id": id, "type": "subscribe", "payload": { "query": query } }));
        // Messages are taken in their order: once the pong is back, the subscription has been begun.
        self.say(&json!({ "type": "ping" }));
    }

    /// The next message or the end, without keep-alives.
    pub fn hear(&mut self) -> Heard {
        let next = async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Text(text))) => {
                        let message: Value = serde_json::from_str(&text).expect("JSON");
                        if message["type"] == "ping" {
                            continue;
                        }
                        return Heard::Message(message);
                    }
                    Some(Ok(Message::Close(frame))) => {
                        return Heard::Closed(frame.map_or(1005, |frame| frame.code.into()));
                    }
                    Some(Ok(_)) => {}
                    other => panic!("{other:?}"),
                }
            }
        };
        let waited = async { tokio::time::timeout(PATIENCE, next).await };
        self.runtime.block_on(waited).expect("a message in time")
    }

    pub fn message(&mut self) -> Value {
        match self.hear() {
            Heard::Message(message) => message,
            closed @ Heard::Closed(_) => panic!("{closed:?}"),
        }
    }

    /// The data of the next answer to a subscription.
    pub fn next(&mut self, id: &str) -> Value {
        loop {
            let mut message = self.message();
            if message["type"] == "pong" {
                continue;
            }
            assert_eq!((&message["type"], &message["id"]), (&json!("next"), &json!(id)), "{message}");
            assert!(message["payload"]["errors"].is_null(), "{message}");
            return message["payload"]["data"].take();
        }
    }

    /// Until the server has answered a ping.
    pub fn settle(&mut self) {
        while self.message()["type"] != "pong" {}
    }
}
