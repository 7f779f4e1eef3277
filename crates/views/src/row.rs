//! What a row of a view is, and how pages of them are read.

use std::{ops::ControlFlow, sync::Arc};

use base64::Engine as _;
use rusqlite::{Connection, types::Value};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

use crate::{Calendar, Scope};
use crate::{ViewsError, rollup::Contributions, scope::ScopeColumns};

/// One row: its key, the columns it can be found by, its content as a JSON document, and what it adds to the rollups.
/// Rollups are always the sum of the contributions of all rows, so they can be recomputed and compared.
pub trait Row: Serialize + DeserializeOwned + Clone + Send + Sync + std::fmt::Debug + 'static {
    const TABLE: &'static str;
    /// Columns beside `id` and `doc`, with their SQL types.
    const COLUMNS: &'static [(&'static str, &'static str)];
    /// Column lists that get an index; behind ` WHERE ` the condition of a partial one. A column that is mostly null
    /// gets a partial index: rows that left it cost nothing.
    const INDEXES: &'static [&'static str];
    const SCOPE: ScopeColumns;
    /// Whether its changes are told to followers: the table then keeps, indexed, the position of the last event that
    /// touched each row.
    const FOLLOWED: bool = false;

    fn key(&self) -> Vec<u8>;
    /// Values of [`Self::COLUMNS`], in that order.
    fn columns(&self) -> Vec<Value>;
    fn contribute(&self, _calendar: &Calendar, _out: &mut Contributions) {}
}

/// A request for one page of a list.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// Further conditions with `?` placeholders, all of which must hold.
    pub filters: Vec<(String, Vec<Value>)>,
    /// A column of the table.
    pub order_by: &'static str,
    pub descending: bool,
    /// Cursor of the last row of the page before.
    pub after: Option<String>,
    /// 1 to 100.
    pub first: usize,
}

/// One page, in order. A cursor stands beside each row.
#[derive(Clone, Debug)]
pub struct Page<R> {
    pub rows: Vec<(String, R)>,
    pub has_next: bool,
}

/// A row that was touched, and by what last.
#[derive(Clone, Debug)]
pub struct Told<R> {
    /// Position of the last event that touched it.
    pub position: u64,
    /// Kind of that event.
    pub kind: Arc<str>,
    pub row: R,
}

pub(crate) fn decode<R: Row>(doc: &[u8]) -> Result<R, ViewsError> {
    serde_json::from_slice(doc).map_err(|cause| ViewsError::Row { table: R::TABLE, cause })
}

/// The row with this key, when it lies in the scope.
pub(crate) fn one<R: Row>(
    connection: &Connection,
    scope: &Scope,
    key: &[u8],
) -> Result<Option<R>, ViewsError> {
    let (condition, mut values) = scope.condition(&R::SCOPE);
    values.insert(0, Value::Blob(key.to_vec()));
    let sql = format!("SELECT doc FROM {} WHERE id = ? AND {condition}", R::TABLE);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query(rusqlite::params_from_iter(values))?;
    found.next()?.map(|row| decode(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)).transpose()
}

/// All rows that fit, at most `limit`; for figures, not for lists.
pub(crate) fn all<R: Row>(
    connection: &Connection,
    scope: &Scope,
    condition: &str,
    given: Vec<Value>,
    limit: usize,
) -> Result<Vec<R>, ViewsError> {
    let (visible, values) = scope.condition(&R::SCOPE);
    let sql = format!("SELECT doc FROM {} WHERE ({condition}) AND {visible} LIMIT {limit}", R::TABLE);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query(rusqlite::params_from_iter(given.into_iter().chain(values)))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(decode(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?);
    }
    Ok(rows)
}

/// One page of a list, by key set: stable under inserts, and as fast at the end as at the start.
pub(crate) fn page<R: Row>(
    connection: &Connection,
    scope: &Scope,
    request: &PageRequest,
) -> Result<Page<R>, ViewsError> {
    let (visible, mut values) = scope.condition(&R::SCOPE);
    let mut conditions = vec![visible];
    for (condition, given) in &request.filters {
        conditions.push(condition.clone());
        values.extend(given.iter().cloned());
    }
    let order = request.order_by;
    let tag = list_tag(R::TABLE, order, request.descending);
    if let Some(cursor) = &request.after {
        let (value, key) = read_cursor(cursor, tag)?;
        let beyond = if request.descending { '<' } else { '>' };
        conditions.push(format!("({order}, id) {beyond} (?, ?)"));
        values.extend([value, Value::Blob(key)]);
    }
    let direction = if request.descending { "DESC" } else { "ASC" };
    let sql = format!(
        "SELECT {order}, id, doc FROM {} WHERE {} ORDER BY {order} {direction}, id {direction} LIMIT {}",
        R::TABLE,
        conditions.join(" AND "),
        request.first + 1,
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query(rusqlite::params_from_iter(values))?;
    let mut rows = Vec::with_capacity(request.first);
    let mut has_next = false;
    while let Some(row) = found.next()? {
        if rows.len() == request.first {
            has_next = true;
            break;
        }
        let value: Value = row.get(0)?;
        let key = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        rows.push((
            cursor(&value, key, tag),
            decode(row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?)?,
        ));
    }
    Ok(Page { rows, has_next })
}

/// All rows that fit, one after the other.
pub(crate) fn each<R: Row>(
    connection: &Connection,
    scope: &Scope,
    filters: &[(String, Vec<Value>)],
    (order, descending): (&str, bool),
    mut take: impl FnMut(R) -> Result<ControlFlow<()>, ViewsError>,
) -> Result<(), ViewsError> {
    let (visible, mut values) = scope.condition(&R::SCOPE);
    let mut conditions = vec![visible];
    for (condition, given) in filters {
        conditions.push(condition.clone());
        values.extend(given.iter().cloned());
    }
    let direction = if descending { "DESC" } else { "ASC" };
    let sql = format!(
        "SELECT doc FROM {} WHERE {} ORDER BY {order} {direction}, id {direction}",
        R::TABLE,
        conditions.join(" AND "),
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query(rusqlite::params_from_iter(values))?;
    while let Some(row) = found.next()? {
        if take(decode(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// How many rows fit, for `totalCount`.
pub(crate) fn count<R: Row>(
    connection: &Connection,
    scope: &Scope,
    request: &PageRequest,
) -> Result<u64, ViewsError> {
    let (visible, mut values) = scope.condition(&R::SCOPE);
    let mut conditions = vec![visible];
    for (condition, given) in &request.filters {
        conditions.push(condition.clone());
        values.extend(given.iter().cloned());
    }
    let sql = format!("SELECT COUNT(*) FROM {} WHERE {}", R::TABLE, conditions.join(" AND "));
    let mut statement = connection.prepare_cached(&sql)?;
    let count: i64 = statement.query_row(rusqlite::params_from_iter(values), |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// See [`crate::query::Snapshot::changed`].
pub(crate) fn changed<R: Row>(
    connection: &Connection,
    scope: &Scope,
    (after, until): (u64, u64),
    limit: usize,
) -> Result<Vec<Told<R>>, ViewsError> {
    let (visible, mut values) = scope.condition(&R::SCOPE);
    values.splice(0..0, [after, until].map(|position| Value::Integer(clamp(position))));
    // Named, because an index on a column of the scope would mean to sort all that was ever in it.
    let sql = format!(
        "SELECT changed, changed_by, doc FROM {table} INDEXED BY {table}_changed
         WHERE changed > ? AND changed <= ? AND {visible} ORDER BY changed LIMIT {limit}",
        table = R::TABLE,
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query(rusqlite::params_from_iter(values))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let position: i64 = row.get(0)?;
        let doc = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
        rows.push(Told { position: position.unsigned_abs(), kind: row.get(1)?, row: decode(doc)? });
    }
    Ok(rows)
}

/// See [`crate::query::Snapshot::count_changed`].
pub(crate) fn count_changed<R: Row>(
    connection: &Connection,
    after: u64,
    most: u32,
) -> Result<u32, ViewsError> {
    let table = R::TABLE;
    let sql = format!("SELECT COUNT(*) FROM (SELECT 1 FROM {table} WHERE changed > ? LIMIT {most})");
    Ok(connection.prepare_cached(&sql)?.query_row([clamp(after)], |row| row.get(0))?)
}

fn clamp(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

/// Tells the lists apart that cursors are of: in another list, or in another order of the same, the same values would
/// point anywhere.
fn list_tag(table: &str, order: &str, descending: bool) -> [u8; 4] {
    let digest: [u8; 32] = Sha256::digest(format!("{table} {order} {descending}")).into();
    let [a, b, c, d, ..] = digest;
    [a, b, c, d]
}

/// A cursor is opaque to the caller: the order value and the key of its row, behind the tag of its list.
fn cursor(value: &Value, key: &[u8], tag: [u8; 4]) -> String {
    let mut bytes = Vec::with_capacity(48);
    bytes.extend_from_slice(&tag);
    match value {
        Value::Integer(number) => {
            bytes.push(b'i');
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        Value::Text(text) => {
            bytes.push(b't');
            bytes.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        Value::Null | Value::Real(_) | Value::Blob(_) => bytes.push(b'n'),
    }
    bytes.extend_from_slice(key);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

fn read_cursor(cursor: &str, tag: [u8; 4]) -> Result<(Value, Vec<u8>), ViewsError> {
    if cursor.len() > 512 {
        return Err(ViewsError::Cursor);
    }
    let bytes =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(cursor).map_err(|_| ViewsError::Cursor)?;
    let rest = bytes.strip_prefix(&tag).ok_or(ViewsError::Cursor)?;
    let (kind, rest) = rest.split_first().ok_or(ViewsError::Cursor)?;
    match kind {
        b'i' => {
            let (number, key) = rest.split_first_chunk::<8>().ok_or(ViewsError::Cursor)?;
            Ok((Value::Integer(i64::from_be_bytes(*number)), key.to_vec()))
        }
        b't' => {
            let (length, rest) = rest.split_first_chunk::<4>().ok_or(ViewsError::Cursor)?;
            let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| ViewsError::Cursor)?;
            let text = rest.get(..length).ok_or(ViewsError::Cursor)?;
            let text = String::from_utf8(text.to_vec()).map_err(|_| ViewsError::Cursor)?;
            Ok((Value::Text(text), rest[length..].to_vec()))
        }
        _ => Err(ViewsError::Cursor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_rubbish_is_refused() {
        for value in [Value::Integer(-7), Value::Text("2026".into())] {
            let tag = list_tag("shift", "starts_at", true);
            let one = cursor(&value, b"key", tag);
            assert_eq!(read_cursor(&one, tag).unwrap(), (value, b"key".to_vec()));
            for (table, order, descending) in
                [("run", "starts_at", true), ("shift", "ends_at", true), ("shift", "starts_at", false)]
            {
                let other = list_tag(table, order, descending);
                assert!(matches!(read_cursor(&one, other), Err(ViewsError::Cursor)), "{table} {order}");
            }
        }
        for rubbish in ["", "%%", "aQ", "dAAAAP8", "eHh4", "AAAAAA", "AAAAAHQAAAD_", "AAAAAGkAAAA"] {
            assert!(matches!(read_cursor(rubbish, [0; 4]), Err(ViewsError::Cursor)), "{rubbish}");
        }
    }
}
