//! `wardlog-probe`: asks a server on this machine whether it is alive, for the health check of the container, so that the
//! image needs neither a shell nor curl. Exit code 0: `/healthz` answered 200; 1: anything else.
//!
//! Standard library only; built with `rustc` by the Dockerfile. The port is that of `WARDLOG_LISTEN`.

use std::{
    env,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    process::ExitCode,
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    match alive() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("the server answers, but not with 200");
            ExitCode::FAILURE
        }
        Err(cause) => {
            eprintln!("{cause}");
            ExitCode::FAILURE
        }
    }
}

fn alive() -> std::io::Result<bool> {
    let listen: Option<SocketAddr> = env::var("WARDLOG_LISTEN").ok().and_then(|text| text.parse().ok());
    let port = listen.map_or(8080, |address| address.port());
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut status = [0; 12];
    stream.read_exact(&mut status)?;
    Ok(&status == b"HTTP/1.1 200")
}
