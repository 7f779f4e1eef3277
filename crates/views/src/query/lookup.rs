//! Look-ups of the application itself. They have no scope because no user sees their answers.

use domain::{ActorId, CommandId, ContractId, PersonId};
use rusqlite::OptionalExtension as _;

use super::Snapshot;
use crate::ViewsError;

/// A command that has become events, and the place of its first one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenCommand {
    /// Keyed digest of its content.
    pub content: String,
    pub stream: String,
    pub position: u64,
    pub revision: u64,
}

impl Snapshot<'_> {
    /// The first outcome of a command, when it had one.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn seen_command(&self, id: CommandId) -> Result<Option<SeenCommand>, ViewsError> {
        let mut statement = self
            .connection()
            .prepare_cached("SELECT content, stream, position, revision FROM command WHERE id = ?")?;
        let seen = statement
            .query_row([&id.0.as_bytes()[..]], |row| {
                Ok(SeenCommand {
                    content: row.get(0)?,
                    stream: row.get(1)?,
                    position: row.get::<_, i64>(2)?.unsigned_abs(),
                    revision: row.get::<_, i64>(3)?.unsigned_abs(),
                })
            })
            .optional()?;
        Ok(seen)
    }

    /// How many accesses to personal data of an account are on record since a second of 1970.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn accesses_since(&self, account: ActorId, second: i64) -> Result<u64, ViewsError> {
        let mut statement =
            self.connection().prepare_cached("SELECT COUNT(*) FROM access WHERE actor = ? AND at > ?")?;
        let count: i64 = statement.query_row((&account.0.as_bytes()[..], second), |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// Until when personal data of a person must be kept: two years after the end of the last contract in whose
    /// attendance the person appears (Regulation on security services, art. 21).
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn contracts_worked_for(&self, person: PersonId) -> Result<Vec<ContractId>, ViewsError> {
        let mut statement = self
            .connection()
            .prepare_cached("SELECT DISTINCT contract FROM attendance WHERE substr(id, 17, 16) = ?")?;
        let rows = statement.query_map([&person.0.as_bytes()[..]], |row| row.get::<_, [u8; 16]>(0))?;
        rows.map(|id| Ok(ContractId(uuid::Uuid::from_bytes(id?)))).collect()
    }
}
