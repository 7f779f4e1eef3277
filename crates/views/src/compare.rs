//! Whether two views files say the same, row by row.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, types::ValueRef};
use sha2::{Digest as _, Sha256};

use crate::{ViewsError, store::Tables};

/// Row count and digest of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDigest {
    pub table: &'static str,
    pub rows: u64,
    pub sha256: [u8; 32],
}

/// Digests of every table of a file, over all columns of all rows in key order.
///
/// # Errors
/// When the file can not be read.
pub fn digests(path: &Path) -> Result<Vec<TableDigest>, ViewsError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.execute_batch("BEGIN")?;
    let names = Tables::NAMES.iter().copied().chain(["rollup", "command", "progress"]);
    names.map(|table| digest(&connection, table)).collect()
}

/// The tables in which two files differ; empty when they say the same.
///
/// # Errors
/// When a file can not be read.
pub fn differences(one: &Path, other: &Path) -> Result<Vec<&'static str>, ViewsError> {
    let (one, other) = (digests(one)?, digests(other)?);
    Ok(one.into_iter().zip(other).filter(|(a, b)| a != b).map(|(a, _)| a.table).collect())
}

fn digest(connection: &Connection, table: &'static str) -> Result<TableDigest, ViewsError> {
    let order = match table {
        "rollup" => "dimension, day, measure",
        "progress" => "position",
        _ => "id",
    };
    let mut statement = connection.prepare(&format!("SELECT * FROM {table} ORDER BY {order}"))?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut sha = Sha256::new();
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        for column in 0..columns {
            match row.get_ref(column)? {
                ValueRef::Null => sha.update([0]),
                ValueRef::Integer(number) => {
                    sha.update([1]);
                    sha.update(number.to_be_bytes());
                }
                ValueRef::Real(number) => {
                    sha.update([2]);
                    sha.update(number.to_be_bytes());
                }
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                    sha.update([3]);
                    sha.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
                    sha.update(bytes);
                }
            }
        }
    }
    Ok(TableDigest { table, rows: count, sha256: sha.finalize().into() })
}

/// The position that a views file has reached.
///
/// # Errors
/// When the file can not be read.
pub fn position(path: &Path) -> Result<u64, ViewsError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let position: i64 = connection.query_row("SELECT position FROM progress", [], |row| row.get(0))?;
    Ok(position.unsigned_abs())
}
