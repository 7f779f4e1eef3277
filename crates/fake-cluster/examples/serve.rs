//! A fake cluster to try things on by hand: prints its connection string and stands until standard input ends.
//! What is written to it is gone then. With a folder it speaks TLS, and writes the certificates there.

use std::io::Read as _;

use fake_cluster::Cluster;

fn main() -> std::io::Result<()> {
    let cluster = match std::env::args_os().nth(1) {
        Some(folder) => Cluster::start_secure(3, folder.as_ref()),
        None => Cluster::start(3),
    };
    println!("{}", cluster.address());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
