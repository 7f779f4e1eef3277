//! A client of event streams that sees everything: events, comments, how the stream ends.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::client::Reply;

pub const STREAM: (&str, &str) = ("accept", "text/event-stream");

/// What a stream says next.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    Comment,
    Event {
        name: String,
        data: String,
        id: Option<String>,
    },
    /// The answer has come to its end.
    End,
    /// The connection broke off.
    Broken,
}

/// An open event stream.
pub struct Events {
    pub head: Reply,
    connection: BufReader<TcpStream>,
    text: String,
}

impl Events {
    pub async fn open(address: SocketAddr, request: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut connection = BufReader::new(stream);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            connection.read_line(&mut line).await.unwrap();
            if line.trim_end().is_empty() {
                break;
            }
            lines.push(line.trim_end().to_owned());
        }
        let status = lines[0].split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines[1..].iter().filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut events =
            Self { head: Reply { status, headers, body: String::new() }, connection, text: String::new() };
        if status != 200 {
            let length = events.head.header("content-length").unwrap().parse().unwrap();
            let mut body = vec![0; length];
            events.connection.read_exact(&mut body).await.unwrap();
            events.head.body = String::from_utf8(body).unwrap();
        }
        events
    }

    /// By `POST`, as most clients do.
    pub async fn post(address: SocketAddr, query: &str, headers: &[(&str, &str)]) -> Self {
        let body = json!({ "query": query }).to_string();
        let mut head = format!("POST /graphql HTTP/1.1\r\nhost: {address}\r\naccept: text/event-stream\r\n");
        head.push_str(&format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()));
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        Self::open(address, &format!("{head}\r\n{body}")).await
    }

    /// The next thing, comments too; within a time that only what never comes takes.
    pub async fn hear(&mut self) -> Told {
        let heard = tokio::time::timeout(Duration::from_secs(30), self.hear_ever());
        heard.await.expect("nothing was told")
    }

    async fn hear_ever(&mut self) -> Told {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                return told(&event);
            }
            match self.chunk().await {
                Some(chunk) if chunk.is_empty() => return Told::End,
                Some(chunk) => self.text.push_str(&chunk),
                None => return Told::Broken,
            }
        }
    }

    /// The next thing that is no comment.
    pub async fn told(&mut self) -> Told {
        loop {
            match self.hear().await {
                Told::Comment => {}
                told => return told,
            }
        }
    }

    /// The payload of the next event, which must be a `next`.
    pub async fn next(&mut self) -> Value {
        match self.told().await {
            Told::Event { name, data, .. } if name == "next" => serde_json::from_str(&data).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// Nothing more than `complete` may come.
    pub async fn completes(&mut self) {
        let complete = Told::Event { name: "complete".into(), data: String::new(), id: None };
        assert_eq!((self.told().await, self.told().await), (complete, Told::End));
    }

    async fn chunk(&mut self) -> Option<String> {
        let mut size = String::new();
        self.connection.read_line(&mut size).await.ok().filter(|read| *read > 0)?;
        let size = usize::from_str_radix(size.trim_end(), 16).expect("a size");
        let mut chunk = vec![0; size + 2];
        self.connection.read_exact(&mut chunk).await.ok()?;
        chunk.truncate(size);
        Some(String::from_utf8(chunk).unwrap())
    }
}

fn told(event: &str) -> Told {
    let (mut name, mut data, mut id) = (String::new(), None::<String>, None);
    for line in event.lines() {
        match line.split_once(':').map(|(field, value)| (field, value.strip_prefix(' ').unwrap_or(value))) {
            Some(("", _)) => {}
            Some(("event", value)) => value.clone_into(&mut name),
            Some(("id", value)) => id = Some(value.to_owned()),
            Some(("data", value)) => match &mut data {
                None => data = Some(value.to_owned()),
                Some(data) => data.push_str(value),
            },
            _ => panic!("{event}"),
        }
    }
    match data {
        Some(data) => Told::Event { name, data, id },
        None => Told::Comment,
    }
}
