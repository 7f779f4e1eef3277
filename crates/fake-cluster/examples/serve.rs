//! A fake cluster to try things on by hand: prints its connection string and stands until standard input ends.
//! What is written to it is gone then.

use std::io::Read as _;

fn main() -> std::io::Result<()> {
    let cluster = fake_cluster::Cluster::start(3);
    println!("{}", cluster.address());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
