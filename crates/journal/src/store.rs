//! The database file: its tables and views, its identity, and the chain of checksums.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use statecraft_domain::Venue;

use super::record::{KEY_CHANGED, RUN_STARTED};
use super::{JournalError, Record, RecordError};

/// Name of the database in the state directory.
pub const FILE_NAME: &str = "journal.sqlite";

/// Version of the tables; kept in `PRAGMA user_version`.
const FORMAT: i64 = 1;
/// "SCJ1": tells `file` and us that this is a journal.
const APPLICATION: i64 = 0x5343_4A31;
/// The first version with the WAL-reset fix.
const SQLITE_MIN: i32 = 3_051_003;

/// The version of a run whose start does not tell.
const UNNAMED: &str = "unnamed";

/// Whose journal it is. Another account, venue or system never shares one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The venue.
    pub venue: Venue,
    /// Which system plays it (`embedded`, `demo`, `prod`, a URL).
    pub endpoint: String,
    /// The account at that system: the id of a key of it, since the venue tells nothing else without an order.
    pub account: String,
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "account {:?} at {} ({})", self.account, self.venue, self.endpoint)
    }
}

/// One row of `records`, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row<'a> {
    /// Position, from 1, without gaps.
    pub seq: i64,
    /// Nanoseconds since 1970.
    pub at: i64,
    /// Which process run wrote it, from 1.
    pub run: i64,
    /// See [`Record::kind`].
    pub kind: &'a str,
    /// See [`Record::to_json`].
    pub body: Cow<'a, str>,
    /// See [`chain`].
    pub checksum: u32,
}

/// The checksum of a record: CRC-32C over the checksum before it and everything in its row. A record
/// that was changed, moved, taken out or put in breaks the chain from there on.
#[must_use]
pub(super) fn chain(previous: u32, seq: i64, at: i64, run: i64, kind: &str, body: &str) -> u32 {
    let mut crc = crc32c::crc32c(&previous.to_le_bytes());
    for number in [seq, at, run] {
        crc = crc32c::crc32c_append(crc, &number.to_le_bytes());
    }
    crc = crc32c::crc32c_append(crc, kind.as_bytes());
    // A byte that no text contains keeps kind and body apart.
    crc = crc32c::crc32c_append(crc, &[0xff]);
    crc32c::crc32c_append(crc, body.as_bytes())
}

impl Row<'_> {
    /// Does it follow `previous`?
    #[must_use]
    pub(super) fn follows(&self, previous: u32) -> bool {
        chain(previous, self.seq, self.at, self.run, self.kind, &self.body) == self.checksum
    }
}

const SCHEMA: &str = include_str!("schema.sql");

/// An open database and where it is.
#[derive(Debug)]
pub(super) struct Store {
    /// The connection.
    pub connection: Connection,
    /// The database file.
    pub path: PathBuf,
}

impl Store {
    /// Opens or creates the journal of `identity` in `dir` for writing.
    ///
    /// # Errors
    /// [`JournalError`] if it cannot be written, is somebody else's, or is not a journal.
    pub(super) fn open(dir: &Path, identity: &Identity) -> Result<Self, JournalError> {
        check_sqlite_version()?;
        let path = dir.join(FILE_NAME);
        check_log(&path)?;
        let connection = Connection::open(&path).map_err(|e| JournalError::sqlite(&path, e))?;
        let store = Self { connection, path };
        store.check(store.prepare(identity))??;
        store.check_structure()?;
        Ok(store)
    }

    /// Opens the journal in `dir` for reading, also while a bot is writing it.
    ///
    /// # Errors
    /// [`JournalError`] if there is none or it is not a journal.
    pub(super) fn open_read_only(dir: &Path) -> Result<Self, JournalError> {
        let path = dir.join(FILE_NAME);
        if !path.exists() {
            return Err(JournalError::Missing { path });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags)
            .map_err(|error| JournalError::sqlite(&path, error))?;
        let store = Self { connection, path };
        let found = store.check(store.format())?;
        store.expect_format(found)?;
        Ok(store)
    }

    /// Is every page of the file accounted for? The chain of checksums proves each record, but not that
    /// the last ones are still reachable.
    ///
    /// # Errors
    /// [`JournalError::Corrupt`] if not.
    pub(super) fn check_structure(&self) -> Result<(), JournalError> {
        let sql = "PRAGMA quick_check(1)";
        let found: String = self.check(self.connection.query_row(sql, [], |row| row.get(0)))?;
        if found == "ok" { Ok(()) } else { Err(self.corrupt(0, found)) }
    }

    /// Names the file in an error of the database.
    ///
    /// # Errors
    /// The error it was given, named.
    pub(super) fn check<T>(&self, result: rusqlite::Result<T>) -> Result<T, JournalError> {
        result.map_err(|error| JournalError::sqlite(&self.path, error))
    }

    /// A value of the table `meta`.
    ///
    /// # Errors
    /// [`JournalError`] if the table cannot be read.
    pub(super) fn meta(&self, key: &str) -> Result<Option<String>, JournalError> {
        let sql = "SELECT value FROM meta WHERE key = ?1";
        self.check(self.connection.query_row(sql, [key], |row| row.get(0)).optional())
    }

    /// The number that tells this journal's orders from those of every other journal.
    ///
    /// # Errors
    /// [`JournalError::Corrupt`] if it is missing or unreadable.
    pub(super) fn lineage(&self) -> Result<u64, JournalError> {
        let text = self.meta("lineage")?.unwrap_or_default();
        u64::from_str_radix(&text, 16).map_err(|_| JournalError::Corrupt {
            path: self.path.clone(),
            sequence: 0,
            what: format!("the lineage {text:?} in table meta is not a number"),
        })
    }

    /// Calls `each` with every row in order, checking the chain.
    ///
    /// # Errors
    /// [`JournalError::Corrupt`] at the first row that does not follow the one before, or that `each` cannot
    /// read; [`JournalError::NewerRecord`] if it does follow, and is of a form that this version does not know.
    pub(super) fn scan(
        &self,
        mut each: impl FnMut(&Row<'_>) -> Result<(), RecordError>,
    ) -> Result<(), JournalError> {
        let sql = "SELECT seq, at, run, kind, body, checksum FROM records ORDER BY seq";
        let mut statement = self.check(self.connection.prepare(sql))?;
        let mut rows = self.check(statement.query([]))?;
        let (mut previous, mut expected) = (0, 1);
        let mut version = UNNAMED.to_owned();
        while let Some(row) = self.check(rows.next())? {
            let row = self.check(read_row(row))?;
            if row.kind == RUN_STARTED {
                version = version_of(&row.body);
            }
            let found = if row.seq != expected {
                Err(format!("record {expected} is missing").into())
            } else if !row.follows(previous) {
                Err("its checksum does not match: it was changed, or the one before it was"
                    .to_owned()
                    .into())
            } else {
                each(&row)
            };
            found.map_err(|error| match error {
                RecordError::OtherForm(what) => JournalError::NewerRecord {
                    path: self.path.clone(),
                    sequence: row.seq,
                    kind: row.kind.to_string(),
                    what,
                    version: version.clone(),
                },
                RecordError::Misfit(what) => self.corrupt(row.seq, what),
            })?;
            (previous, expected) = (row.checksum, row.seq + 1);
        }
        Ok(())
    }

    /// Damage at a record.
    #[must_use]
    pub(super) fn corrupt(&self, sequence: i64, what: String) -> JournalError {
        JournalError::Corrupt { path: self.path.clone(), sequence, what }
    }

    fn format(&self) -> rusqlite::Result<i64> {
        let application: i64 =
            self.connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
        let version: i64 =
            self.connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        // A foreign database reads as version zero, which no journal has.
        Ok(if application == APPLICATION { version } else { 0 })
    }

    fn expect_format(&self, found: i64) -> Result<(), JournalError> {
        if found == FORMAT {
            return Ok(());
        }
        Err(JournalError::OtherFormat { path: self.path.clone(), expected: FORMAT, found })
    }

    fn prepare(&self, identity: &Identity) -> rusqlite::Result<Result<(), JournalError>> {
        self.connection.busy_timeout(std::time::Duration::from_secs(5))?;
        let tables: i64 =
            self.connection
                .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        // FULL: a commit returns only when the write-ahead log is on the disk.
        self.connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
        )?;
        if tables == 0 {
            let Ok(lineage) = draw_lineage() else { return Ok(Err(JournalError::NoRandomness)) };
            self.create(identity, lineage)?;
        }
        let found = self.format()?;
        Ok(self.expect_format(found).and_then(|()| self.expect_identity(identity)))
    }

    fn create(&self, identity: &Identity, lineage: u64) -> rusqlite::Result<()> {
        let transaction = self.connection.unchecked_transaction()?;
        transaction.execute_batch(SCHEMA)?;
        transaction.execute_batch(&format!(
            "PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT};"
        ))?;
        let values = [
            ("lineage", format!("{lineage:016x}")),
            ("venue", identity.venue.name().to_owned()),
            ("endpoint", identity.endpoint.clone()),
            ("account", identity.account.clone()),
            ("created", jiff::Timestamp::now().to_string()),
        ];
        for (key, value) in values {
            transaction.execute("INSERT INTO meta (key, value) VALUES (?1, ?2)", (key, value))?;
        }
        transaction.commit()?;
        // Whose journal it is must not hang on the write-ahead log alone.
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    }

    /// Is it the journal of `ours`?
    ///
    /// # Errors
    /// [`JournalError::OtherIdentity`] or [`JournalError::OtherKey`] if not.
    pub(super) fn expect_identity(&self, ours: &Identity) -> Result<(), JournalError> {
        let account = self.account_at(ours)?;
        if account == ours.account {
            return Ok(());
        }
        Err(JournalError::OtherKey {
            path: self.path.clone(),
            theirs: account,
            ours: ours.account.clone(),
        })
    }

    /// The account, if venue and system are those of `ours`: as it was at first, or as the last change of its
    /// key says.
    ///
    /// # Errors
    /// [`JournalError::OtherIdentity`] if they are not.
    pub(super) fn account_at(&self, ours: &Identity) -> Result<String, JournalError> {
        let venue = self.meta("venue")?.unwrap_or_default();
        let endpoint = self.meta("endpoint")?.unwrap_or_default();
        let sql = "SELECT body ->> '$.to' FROM records WHERE kind = ?1 ORDER BY seq DESC LIMIT 1";
        let changed = self.connection.query_row(sql, [KEY_CHANGED], |row| row.get(0)).optional();
        let account: String = match self.check(changed)? {
            Some(account) => account,
            None => self.meta("account")?.unwrap_or_default(),
        };
        if venue == ours.venue.name() && endpoint == ours.endpoint {
            return Ok(account);
        }
        Err(JournalError::OtherIdentity {
            path: self.path.clone(),
            theirs: format!("account {account:?} at {venue} ({endpoint})"),
            ours: ours.to_string(),
        })
    }
}

/// A record as a row, and the checksum the next one builds on.
#[derive(Debug, Clone)]
pub(super) struct Tail {
    /// Position of the last record; 0 in an empty journal.
    pub(super) seq: i64,
    /// Its checksum; 0 in an empty journal.
    pub(super) checksum: u32,
    /// The run that writes now.
    pub(super) run: i64,
}

impl Tail {
    /// The row that appends `record`, which becomes the tail.
    pub(super) fn push(&mut self, record: &Record) -> Result<Row<'static>, JournalError> {
        let (at, kind, body) = (record.at().nanos(), record.kind(), record.to_json()?);
        let seq = self.seq + 1;
        let checksum = chain(self.checksum, seq, at, self.run, kind, &body);
        (self.seq, self.checksum) = (seq, checksum);
        Ok(Row { seq, at, run: self.run, kind, body: Cow::Owned(body), checksum })
    }
}

/// The version that the record of a start names. It may be a later one's: nothing else of it is read.
fn version_of(started: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Started {
        version: String,
    }
    let started = serde_json::from_str::<Started>(started);
    started.map_or_else(|_| UNNAMED.to_owned(), |started| started.version)
}

fn read_row<'a>(row: &'a rusqlite::Row<'_>) -> rusqlite::Result<Row<'a>> {
    Ok(Row {
        seq: row.get(0)?,
        at: row.get(1)?,
        run: row.get(2)?,
        kind: row.get_ref(3)?.as_str()?,
        body: Cow::Borrowed(row.get_ref(4)?.as_str()?),
        checksum: row.get(5)?,
    })
}

/// Damage in the write-ahead log that `SQLite` would take for its end.
fn check_log(path: &Path) -> Result<(), JournalError> {
    let log = path.with_file_name(format!("{FILE_NAME}-wal"));
    let damage = super::log::damage(&log);
    match damage.map_err(|source| JournalError::Unwritable { path: log, source })? {
        Some(what) => Err(JournalError::Corrupt { path: path.to_owned(), sequence: 0, what }),
        None => Ok(()),
    }
}

fn draw_lineage() -> Result<u64, ring::error::Unspecified> {
    use ring::rand::SecureRandom as _;
    let mut bytes = [0; 8];
    ring::rand::SystemRandom::new().fill(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn check_sqlite_version() -> Result<(), JournalError> {
    if rusqlite::version_number() < SQLITE_MIN {
        return Err(JournalError::OldSqlite { found: rusqlite::version().to_owned() });
    }
    Ok(())
}
