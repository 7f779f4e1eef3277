//! A collector of traces: OTLP over HTTP, protobuf.

use std::{
    collections::BTreeMap,
    io::{BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
};
use prost::Message as _;

use super::wait_for;

/// What a collector does with what it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    Takes,
    /// Reads, and never answers.
    Hangs,
}

/// A span as it came over the wire.
#[derive(Clone, Debug)]
pub struct Span {
    pub name: String,
    pub trace: String,
    pub id: String,
    pub parent: String,
    /// 2: server.
    pub kind: i32,
    /// 2: error.
    pub status: i32,
    pub attributes: BTreeMap<String, String>,
    pub events: usize,
    /// Attributes of the process that sent it.
    pub resource: BTreeMap<String, String>,
}

#[derive(Default)]
struct Taken {
    spans: Vec<Span>,
    /// All bodies, as they came.
    bytes: Vec<u8>,
    paths: Vec<String>,
}

/// Listens on loopback until the test's process ends.
pub struct Collector {
    pub endpoint: String,
    taken: Arc<Mutex<Taken>>,
}

impl Collector {
    pub fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let taken = Arc::new(Mutex::new(Taken::default()));
        let kept = Arc::clone(&taken);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || converse(stream, manner, &kept));
            }
        });
        Self { endpoint, taken }
    }

    pub fn spans(&self) -> Vec<Span> {
        self.taken.lock().expect("spans").spans.clone()
    }

    /// Everything it was sent, to look for what must not be in it.
    pub fn bytes(&self) -> Vec<u8> {
        self.taken.lock().expect("spans").bytes.clone()
    }

    pub fn paths(&self) -> Vec<String> {
        self.taken.lock().expect("spans").paths.clone()
    }

    /// The spans of a trace, once the named one has come.
    pub fn trace(&self, trace: &str, last: &str) -> Vec<Span> {
        wait_for(&format!("the span `{last}`"), || {
            let spans: Vec<Span> = self.spans().into_iter().filter(|span| span.trace == trace).collect();
            spans.iter().any(|span| span.name == last).then_some(spans)
        })
    }
}

/// One connection, any number of requests.
fn converse(stream: TcpStream, manner: Manner, kept: &Mutex<Taken>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a handle"));
    let mut writer = stream;
    while let Some((path, body)) = request(&mut reader) {
        if manner == Manner::Hangs {
            // Until the sender gives up and closes.
            let _ = reader.read(&mut [0]);
            return;
        }
        let mut taken = kept.lock().expect("spans");
        let sent = ExportTraceServiceRequest::decode(body.as_slice()).expect("OTLP");
        taken.spans.extend(spans(&sent));
        taken.bytes.extend(body);
        taken.paths.push(path);
        drop(taken);
        let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn request(reader: &mut impl std::io::BufRead) -> Option<(String, Vec<u8>)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, body))
}

fn spans(sent: &ExportTraceServiceRequest) -> Vec<Span> {
    let mut found = Vec::new();
    for resource in &sent.resource_spans {
        let of = resource.resource.as_ref().map(|resource| attributes(&resource.attributes));
        for span in resource.scope_spans.iter().flat_map(|scope| &scope.spans) {
            found.push(Span {
                name: span.name.clone(),
                trace: hex(&span.trace_id),
                id: hex(&span.span_id),
                parent: hex(&span.parent_span_id),
                kind: span.kind,
                status: span.status.as_ref().map_or(0, |status| status.code),
                attributes: attributes(&span.attributes),
                events: span.events.len(),
                resource: of.clone().unwrap_or_default(),
            });
        }
    }
    found
}

fn attributes(given: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |attribute: &KeyValue| match attribute.value.as_ref().and_then(|value| value.value.clone()) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    given.iter().map(|attribute| (attribute.key.clone(), text(attribute))).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
