//! A client that sends exactly what a test says, one request a connection.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use serde_json::Value;

use super::PATIENCE;

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

/// # Errors
/// When the connection breaks before a whole answer was read.
pub fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Reply> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    if !body.is_empty() {
        head += &format!("content-length: {}\r\n", body.len());
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(body);
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes);
    let broken = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let text = String::from_utf8(bytes).map_err(std::io::Error::other)?;
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Err(read.err().unwrap_or_else(broken));
    };
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).ok_or_else(broken)?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let reply = Reply { status, headers, body: body.to_owned() };
    // Every answer of the server tells its length.
    let length: usize = reply.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    if reply.body.len() == length { Ok(reply) } else { Err(broken()) }
}

/// Sends a long body, reads the answer while it is sent, and gives the text of it without the marks of its chunks.
pub fn upload(address: SocketAddr, path: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let mut head = format!("POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    head += &format!("content-length: {}\r\n", body.len());
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    let mut reading = stream.try_clone().expect("the other half");
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        reading.read_to_end(&mut bytes).map(|_| bytes)
    });
    stream.write_all(format!("{head}\r\n").as_bytes()).expect("the head sent");
    stream.write_all(body).expect("the body sent");
    let bytes = reader.join().expect("a reader").expect("an answer");
    let text = String::from_utf8(bytes).expect("text");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}\n{body}");
    // Lines of the answer are JSON objects; lengths of chunks are not. A chunk may end within a line.
    let mut rest = body;
    let mut whole = String::new();
    while let Some((length, after)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).expect("the length of a chunk");
        if length == 0 {
            return whole;
        }
        whole += &after[..length];
        rest = &after[length + 2..];
    }
    panic!("the answer broke off: {whole}")
}
