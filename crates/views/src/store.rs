//! The views file as its one writer sees it.

use std::{path::Path, sync::Arc, time::Duration};

use event_log::sqlite::Checkpointer;
use rusqlite::Connection;

use crate::{
    Calendar, Changed, ChangedRow, Envelope, VERSION, ViewsError, fold,
    rollup::{self, Pending},
    row::Row,
    rows::{
        AccessRow, AreaRow, AttendanceRow, BreachRow, ContractRow, IncidentRow, MembershipRow,
        OrganisationRow, PersonRow, PlaceRow, PlanRow, PostRow, ReservationRow, RunRow, ShiftRow,
        StatementRow, TeamRow,
    },
    table::{Table, Touch, Touched},
};

/// Application id of a views file (`wrdV`).
const APPLICATION_ID: i32 = 0x7772_6456;

/// Bytes of a page.
const PAGE_BYTES: u32 = 8_192;
/// Pages in the write-ahead log from which on it is copied into the file.
const WAL_PAGES: u32 = 2_000;

/// All tables, their pending changes, and the position they have reached.
#[derive(Debug)]
pub(crate) struct Store {
    /// None for a file that is only being built. Dropped before the connection, which is the last to close then.
    checkpointer: Option<Checkpointer>,
    pub connection: Connection,
    pub calendar: Calendar,
    position: u64,
    committed: u64,
    /// The event that is being applied.
    at: Touched,
    rollups: Pending,
    commands: Vec<Seen>,
    pub tables: Tables,
}

/// A command that has become events.
#[derive(Debug)]
struct Seen {
    id: [u8; 16],
    content: Box<str>,
    stream: Box<str>,
    position: u64,
    revision: u64,
}

macro_rules! tables {
    ($($field:ident: $row:ty, $most:literal;)*) => {
        /// One table per kind of row.
        #[derive(Debug)]
        pub(crate) struct Tables { $(pub $field: Table<$row>,)* }

        impl Tables {
            fn new() -> Self {
                Self { $($field: Table::new($most),)* }
            }

            fn ddl() -> String {
                [$(Table::<$row>::ddl(),)*].concat()
            }

            /// Names of the tables, for comparisons.
            pub const NAMES: &[&str] = &[$(<$row as Row>::TABLE,)*];
        }

        impl Store {
            fn flush_tables(&mut self) -> Result<Vec<Touch>, ViewsError> {
                let mut touched = Vec::new();
                $(touched.extend(self.tables.$field.flush(
                    &self.connection,
                    &self.calendar,
                    &mut self.rollups,
                )?);)*
                Ok(touched)
            }

            /// Drops from memory what is too much.
            pub fn trim(&mut self) {
                $(self.tables.$field.trim();)*
            }

            $(pub fn $field(&mut self) -> Cursor<'_, $row> {
                Cursor {
                    table: &mut self.tables.$field,
                    connection: &self.connection,
                    calendar: &self.calendar,
                    at: &self.at,
                }
            })*
        }
    };
}

tables! {
    areas: AreaRow, 4_096;
    organisations: OrganisationRow, 1_024;
    teams: TeamRow, 4_096;
    persons: PersonRow, 8_192;
    memberships: MembershipRow, 8_192;
    plans: PlanRow, 512;
    shifts: ShiftRow, 8_192;
    places: PlaceRow, 16_384;
    reservations: ReservationRow, 8_192;
    runs: RunRow, 2_048;
    incidents: IncidentRow, 8_192;
    contracts: ContractRow, 1_024;
    posts: PostRow, 2_048;
    attendances: AttendanceRow, 8_192;
    breaches: BreachRow, 2_048;
    statements: StatementRow, 1_024;
    accesses: AccessRow, 1_024;
}

/// One table within a fold.
pub(crate) struct Cursor<'a, R> {
    table: &'a mut Table<R>,
    connection: &'a Connection,
    calendar: &'a Calendar,
    /// The event that is applied.
    at: &'a Touched,
}

impl<R: Row> Cursor<'_, R> {
    pub fn get(self, key: &[u8]) -> Result<Option<R>, ViewsError> {
        Ok(self.table.get(self.connection, self.calendar, key)?.cloned())
    }

    pub fn put(self, row: R) -> Result<(), ViewsError> {
        self.table.put(self.connection, self.calendar, self.at, row)
    }

    pub fn change(self, key: &[u8], change: impl FnOnce(&mut R)) -> Result<bool, ViewsError> {
        self.table.change(self.connection, self.calendar, self.at, key, change)
    }

    pub fn remove(self, key: &[u8]) -> Result<(), ViewsError> {
        self.table.remove(self.connection, self.calendar, self.at, key)
    }
}

/// Nothing is lost by it: what is committed stands in the write-ahead log, which grows meanwhile.
fn failed(cause: &str) {
    tracing::error!(cause, "the write-ahead log of the views was not copied into their file");
}

impl Store {
    /// Opens or creates a views file. `durable` off is for a file that is only being built.
    ///
    /// # Errors
    /// When the file is of another version or another calendar: it must then be rebuilt.
    pub fn open(path: &Path, calendar: Calendar, durable: bool) -> Result<Self, ViewsError> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "page_size", PAGE_BYTES)?;
        // A file that is only being built is begun anew after a fault: it needs no journal, and its pages are better
        // kept in memory than written twice.
        connection.pragma_update(None, "journal_mode", if durable { "WAL" } else { "OFF" })?;
        connection.pragma_update(None, "synchronous", if durable { "NORMAL" } else { "OFF" })?;
        connection.pragma_update(None, "cache_size", if durable { -32_768 } else { -131_072 })?;
        // Beside the writer: what is committed would otherwise wait for two syncs of the disk now and then.
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.set_prepared_statement_cache_capacity(128);
        keep_plans(&connection)?;
        let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        if application == 0 {
            create(&connection, &calendar)?;
        }
        let position = check(&connection, &calendar)?;
        let checkpointer =
            durable.then(|| Checkpointer::start(path, "views-checkpoint", WAL_PAGES, failed)).transpose()?;
        Ok(Self {
            checkpointer,
            connection,
            calendar,
            position,
            committed: position,
            at: Touched { position, kind: "".into() },
            rollups: Pending::default(),
            commands: Vec::new(),
            tables: Tables::new(),
        })
    }

    /// Position of the newest event applied, committed or not.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Applies one event. Redelivery is normal: what is not new is passed over.
    pub fn apply(&mut self, envelope: &Envelope) -> Result<(), ViewsError> {
        if envelope.position <= self.position {
            return Ok(());
        }
        self.at = Touched { position: envelope.position, kind: envelope.kind.as_ref().into() };
        fold::apply(self, envelope)?;
        if envelope.meta.index == 0 {
            self.commands.push(Seen {
                id: *envelope.meta.command.0.as_bytes(),
                content: envelope.meta.content.clone(),
                stream: envelope.stream.clone(),
                position: envelope.position,
                revision: envelope.revision,
            });
        }
        self.position = envelope.position;
        Ok(())
    }

    /// Rows, rollups and position in one transaction. Answers the rows of followed tables that it changed, in the
    /// order of their positions.
    pub fn commit(&mut self) -> Result<Vec<Touch>, ViewsError> {
        // Here and not after the last commit: what that one has changed may have been told from memory since.
        self.trim();
        if self.position == self.committed {
            return Ok(vec![]);
        }
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        match self.flush() {
            Ok(mut touched) => {
                self.connection.execute_batch("COMMIT")?;
                // Some page of its own for each event; positions of a cluster are no count, there it is looked at each time.
                let pages = usize::try_from(self.position - self.committed).unwrap_or(usize::MAX);
                self.committed = self.position;
                if let Some(checkpointer) = &mut self.checkpointer
                    && let Err(cause) =
                        checkpointer.after_commit(&self.connection, pages.saturating_mul(PAGE_BYTES as usize))
                {
                    failed(&cause.to_string());
                }
                touched.sort_unstable_by_key(|touch| touch.by.position);
                Ok(touched)
            }
            Err(cause) => {
                // The caches have moved on: only a restart reads the truth again.
                let _ = self.connection.execute_batch("ROLLBACK");
                Err(cause)
            }
        }
    }

    fn flush(&mut self) -> Result<Vec<Touch>, ViewsError> {
        let touched = self.flush_tables()?;
        self.rollups.flush(&self.connection)?;
        let mut seen = std::mem::take(&mut self.commands);
        seen.sort_unstable_by_key(|command| command.id);
        // The first use of a command id counts: a policy and its repetition share one.
        let mut statement = self.connection.prepare_cached(
            "INSERT OR IGNORE INTO command (id, content, stream, position, revision) VALUES (?, ?, ?, ?, ?)",
        )?;
        for command in seen {
            statement.execute((
                &command.id[..],
                &*command.content,
                &*command.stream,
                command.position.cast_signed(),
                command.revision.cast_signed(),
            ))?;
        }
        self.connection
            .prepare_cached("UPDATE progress SET position = ?")?
            .execute([self.position.cast_signed()])?;
        Ok(touched)
    }

    /// A touched row as it stands now, with who sees it.
    pub fn changed(&mut self, touch: &Touch) -> Result<Option<Changed>, ViewsError> {
        let row = match touch.table {
            ShiftRow::TABLE => self.shifts().get(&touch.key)?.map(|row| ChangedRow::Shift(Arc::new(row))),
            RunRow::TABLE => self.runs().get(&touch.key)?.map(|row| ChangedRow::Run(Arc::new(row))),
            IncidentRow::TABLE => {
                self.incidents().get(&touch.key)?.map(|row| ChangedRow::Incident(Arc::new(row)))
            }
            ContractRow::TABLE => {
                self.contracts().get(&touch.key)?.map(|row| ChangedRow::Contract(Arc::new(row)))
            }
            _ => None,
        };
        let Some(row) = row else { return Ok(None) };
        let people = match row.shift() {
            Some(shift) => self.shifts().get(shift.0.as_bytes())?.map(|row| row.people).unwrap_or_default(),
            None => Vec::new(),
        };
        let parties = row.parties(people.into_iter().map(|place| place.person).collect());
        Ok(Some(Changed { position: touch.by.position, kind: Arc::clone(&touch.by.kind), row, parties }))
    }
}

/// Without this SQLite plans a statement anew whenever its parameters change.
pub(crate) fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

fn create(connection: &Connection, calendar: &Calendar) -> Result<(), ViewsError> {
    let sql = format!(
        "BEGIN IMMEDIATE;
         CREATE TABLE progress (position INTEGER NOT NULL, version INTEGER NOT NULL, calendar TEXT NOT NULL);
         CREATE TABLE command (id BLOB PRIMARY KEY NOT NULL, content TEXT NOT NULL, stream TEXT NOT NULL,
             position INTEGER NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID;
         {}{}
         PRAGMA application_id = {APPLICATION_ID};",
        rollup::DDL,
        Tables::ddl(),
    );
    connection.execute_batch(&sql)?;
    connection.execute("INSERT INTO progress VALUES (0, ?, ?)", (VERSION, calendar.name()))?;
    connection.execute_batch("COMMIT")?;
    Ok(())
}

fn check(connection: &Connection, calendar: &Calendar) -> Result<u64, ViewsError> {
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application != APPLICATION_ID {
        return Err(ViewsError::Foreign("this is not a views file of Wardlog".into()));
    }
    let (position, version, zone): (i64, u32, String) =
        connection.query_row("SELECT position, version, calendar FROM progress", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    if version != VERSION || zone != calendar.name() {
        return Err(ViewsError::Foreign(format!(
            "the views are of version {version} and calendar {zone}, wanted are {VERSION} and {}: run `wardlog rebuild`",
            calendar.name()
        )));
    }
    Ok(position.unsigned_abs())
}
