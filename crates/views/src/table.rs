//! A table with a write-back cache: between two commits a row is read at most once and written at most once, however
//! many events touch it.

use std::{collections::HashMap, sync::Arc};

use rusqlite::{Connection, OptionalExtension as _, params_from_iter, types::Value};

use crate::{
    Calendar, ViewsError,
    rollup::{Contribution, Contributions, Pending},
    row::{Row, decode},
};

/// Position and kind of the last event that touched a row of a followed table. No event touches two rows of one.
const CHANGED: &[(&str, &str)] = &[("changed", "INTEGER NOT NULL"), ("changed_by", "TEXT NOT NULL")];

/// The columns of a table behind its document.
fn columns<R: Row>() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    let followed: &[_] = if R::FOLLOWED { CHANGED } else { &[] };
    followed.iter().chain(R::COLUMNS)
}

#[derive(Debug)]
struct Entry<R> {
    row: Option<R>,
    /// What the stored row has given to the rollups.
    given: Vec<Contribution>,
    dirty: bool,
    /// The last event that touched it since the last flush; kept for followed tables only.
    touched: Option<Touched>,
}

/// An event as it touches rows.
#[derive(Clone, Debug)]
pub(crate) struct Touched {
    pub position: u64,
    pub kind: Arc<str>,
}

/// A row that a flush has written.
#[derive(Debug)]
pub(crate) struct Touch {
    pub by: Touched,
    pub table: &'static str,
    pub key: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Table<R> {
    entries: HashMap<Vec<u8>, Entry<R>>,
    dirty: Vec<Vec<u8>>,
    select: String,
    upsert: String,
    delete: String,
    /// Clean rows are dropped from memory beyond this number.
    most: usize,
}

impl<R: Row> Table<R> {
    pub fn new(most: usize) -> Self {
        let names: Vec<&str> = columns::<R>().map(|(name, _)| *name).collect();
        let set: Vec<String> = names.iter().map(|name| format!("{name} = excluded.{name}")).collect();
        let comma = if names.is_empty() { "" } else { ", " };
        let upsert = format!(
            "INSERT INTO {table} (id, doc{comma}{names}) VALUES (?, ?{marks})
             ON CONFLICT (id) DO UPDATE SET doc = excluded.doc{comma}{set}",
            table = R::TABLE,
            names = names.join(", "),
            marks = ", ?".repeat(names.len()),
            set = set.join(", "),
        );
        let select = format!("SELECT doc FROM {} WHERE id = ?", R::TABLE);
        let delete = format!("DELETE FROM {} WHERE id = ?", R::TABLE);
        Self { entries: HashMap::new(), dirty: Vec::new(), select, upsert, delete, most }
    }

    pub fn ddl() -> String {
        let columns: String = columns::<R>().map(|(name, kind)| format!(", {name} {kind}")).collect();
        let mut sql = format!(
            "CREATE TABLE {} (id BLOB PRIMARY KEY NOT NULL, doc BLOB NOT NULL{columns}) WITHOUT ROWID;\n",
            R::TABLE
        );
        if R::FOLLOWED {
            let table = R::TABLE;
            sql += &format!("CREATE UNIQUE INDEX {table}_changed ON {table} (changed);\n");
        }
        for (number, index) in R::INDEXES.iter().enumerate() {
            let (columns, only) = index.split_once(" WHERE ").unwrap_or((index, "1"));
            let table = R::TABLE;
            sql += &match only {
                "1" => format!("CREATE INDEX {table}_{number} ON {table} ({columns});\n"),
                only => format!("CREATE INDEX {table}_{number} ON {table} ({columns}) WHERE {only};\n"),
            };
        }
        sql
    }

    /// The row as the events so far have made it.
    pub fn get(
        &mut self,
        connection: &Connection,
        calendar: &Calendar,
        key: &[u8],
    ) -> Result<Option<&R>, ViewsError> {
        self.load(connection, calendar, key)?;
        Ok(self.entries.get(key).and_then(|entry| entry.row.as_ref()))
    }

    /// Puts a row in place of whatever stood at its key; `at` is the event.
    pub fn put(
        &mut self,
        connection: &Connection,
        calendar: &Calendar,
        at: &Touched,
        row: R,
    ) -> Result<(), ViewsError> {
        let key = row.key();
        self.load(connection, calendar, &key)?;
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.row = Some(row);
            self.mark(key, at);
        }
        Ok(())
    }

    /// Changes a row; `false` when there is none.
    pub fn change(
        &mut self,
        connection: &Connection,
        calendar: &Calendar,
        at: &Touched,
        key: &[u8],
        change: impl FnOnce(&mut R),
    ) -> Result<bool, ViewsError> {
        self.load(connection, calendar, key)?;
        match self.entries.get_mut(key).and_then(|entry| entry.row.as_mut()) {
            Some(row) => {
                change(row);
                self.mark(key.to_vec(), at);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Takes a row away; that there is none is fine.
    pub fn remove(
        &mut self,
        connection: &Connection,
        calendar: &Calendar,
        at: &Touched,
        key: &[u8],
    ) -> Result<(), ViewsError> {
        self.load(connection, calendar, key)?;
        if let Some(entry) = self.entries.get_mut(key)
            && entry.row.take().is_some()
        {
            self.mark(key.to_vec(), at);
        }
        Ok(())
    }

    fn mark(&mut self, key: Vec<u8>, at: &Touched) {
        if let Some(entry) = self.entries.get_mut(&key) {
            if R::FOLLOWED {
                entry.touched = Some(at.clone());
            }
            if !entry.dirty {
                entry.dirty = true;
                self.dirty.push(key);
            }
        }
    }

    fn load(&mut self, connection: &Connection, calendar: &Calendar, key: &[u8]) -> Result<(), ViewsError> {
        if self.entries.contains_key(key) {
            return Ok(());
        }
        let mut statement = connection.prepare_cached(&self.select)?;
        let doc: Option<Vec<u8>> = statement.query_row([key], |row| row.get(0)).optional()?;
        let row: Option<R> = doc.as_deref().map(decode).transpose()?;
        let given = row.as_ref().map(|row| contributions(row, calendar)).unwrap_or_default();
        self.entries.insert(key.to_vec(), Entry { row, given, dirty: false, touched: None });
        Ok(())
    }

    /// Writes what changed, in key order, and moves the rollups along. Answers the rows that changed, when the table
    /// is a followed one.
    pub fn flush(
        &mut self,
        connection: &Connection,
        calendar: &Calendar,
        rollups: &mut Pending,
    ) -> Result<Vec<Touch>, ViewsError> {
        let mut keys = std::mem::take(&mut self.dirty);
        keys.sort_unstable();
        let mut statement = connection.prepare_cached(&self.upsert)?;
        let mut remove = connection.prepare_cached(&self.delete)?;
        for key in &keys {
            let Some(entry) = self.entries.get_mut(key) else { continue };
            entry.dirty = false;
            let Some(row) = &entry.row else {
                remove.execute([key])?;
                rollups.apply(&std::mem::take(&mut entry.given), -1);
                continue;
            };
            let doc = serde_json::to_vec(row).map_err(|cause| ViewsError::Row { table: R::TABLE, cause })?;
            let values = [Value::Blob(key.clone()), Value::Blob(doc)].into_iter();
            let by = entry
                .touched
                .iter()
                .flat_map(|by| [Value::Integer(by.position.cast_signed()), Value::Text(by.kind.to_string())]);
            statement.execute(params_from_iter(values.chain(by).chain(row.columns())))?;
            let gives = contributions(row, calendar);
            if gives != entry.given {
                rollups.apply(&entry.given, -1);
                rollups.apply(&gives, 1);
                entry.given = gives;
            }
        }
        Ok(if R::FOLLOWED { self.touches(keys) } else { Vec::new() })
    }

    fn touches(&self, keys: Vec<Vec<u8>>) -> Vec<Touch> {
        let touch = |key: Vec<u8>| {
            let by = self.entries.get(&key)?.touched.clone()?;
            Some(Touch { by, table: R::TABLE, key })
        };
        keys.into_iter().filter_map(touch).collect()
    }

    /// Drops what is clean when it has become too much. Not between a flush and the telling of what it changed.
    pub fn trim(&mut self) {
        if self.dirty.is_empty() && self.entries.len() > self.most {
            self.entries.clear();
        }
    }
}

fn contributions<R: Row>(row: &R, calendar: &Calendar) -> Vec<Contribution> {
    let mut out = Contributions::default();
    row.contribute(calendar, &mut out);
    out.0
}
