//! A table with a write-back cache: between two commits a row is read at most once and written at most once, however
//! many events touch it.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, params_from_iter, types::Value};

use crate::{
    Calendar, ViewsError,
    rollup::{Contribution, Contributions, Pending},
    row::{Row, decode},
};

#[derive(Debug)]
struct Entry<R> {
    row: Option<R>,
    /// What the stored row has given to the rollups.
    given: Vec<Contribution>,
    dirty: bool,
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
        let names: Vec<&str> = R::COLUMNS.iter().map(|(name, _)| *name).collect();
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
        let columns: String = R::COLUMNS.iter().map(|(name, kind)| format!(", {name} {kind}")).collect();
        let mut sql = format!(
            "CREATE TABLE {} (id BLOB PRIMARY KEY NOT NULL, doc BLOB NOT NULL{columns}) WITHOUT ROWID;\n",
            R::TABLE
        );
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

    /// Puts a row in place of whatever stood at its key.
    pub fn put(&mut self, connection: &Connection, calendar: &Calendar, row: R) -> Result<(), ViewsError> {
        let key = row.key();
        self.load(connection, calendar, &key)?;
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.row = Some(row);
            self.mark(key);
        }
        Ok(())
    }

    /// Changes a row; `false` when there is none.
    pub fn change(
        &mut self,
        connection: &Connection,
        calendar: &Calendar,
        key: &[u8],
        change: impl FnOnce(&mut R),
    ) -> Result<bool, ViewsError> {
        self.load(connection, calendar, key)?;
        match self.entries.get_mut(key).and_then(|entry| entry.row.as_mut()) {
            Some(row) => {
                change(row);
                self.mark(key.to_vec());
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
        key: &[u8],
    ) -> Result<(), ViewsError> {
        self.load(connection, calendar, key)?;
        if let Some(entry) = self.entries.get_mut(key)
            && entry.row.take().is_some()
        {
            self.mark(key.to_vec());
        }
        Ok(())
    }

    fn mark(&mut self, key: Vec<u8>) {
        if let Some(entry) = self.entries.get_mut(&key)
            && !entry.dirty
        {
            entry.dirty = true;
            self.dirty.push(key);
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
        self.entries.insert(key.to_vec(), Entry { row, given, dirty: false });
        Ok(())
    }

    /// Writes what changed, in key order, and moves the rollups along. Answers the keys that changed.
    pub fn flush(
        &mut self,
        connection: &Connection,
        calendar: &Calendar,
        rollups: &mut Pending,
    ) -> Result<Vec<Vec<u8>>, ViewsError> {
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
            let values = [Value::Blob(key.clone()), Value::Blob(doc)].into_iter().chain(row.columns());
            statement.execute(params_from_iter(values))?;
            let gives = contributions(row, calendar);
            if gives != entry.given {
                rollups.apply(&entry.given, -1);
                rollups.apply(&gives, 1);
                entry.given = gives;
            }
        }
        if self.entries.len() > self.most {
            self.entries.clear();
        }
        Ok(keys)
    }
}

fn contributions<R: Row>(row: &R, calendar: &Calendar) -> Vec<Contribution> {
    let mut out = Contributions::default();
    row.contribute(calendar, &mut out);
    out.0
}
