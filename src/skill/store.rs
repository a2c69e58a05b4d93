//! The skill ledger's file: `skill.sqlite` beside the journal.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use statecraft_domain::event::Standing;
use statecraft_domain::{Price, Quantity, Settlement, Side, Timestamp, Usd, Venue};

/// Name of the file.
pub const FILE_NAME: &str = "skill.sqlite";
/// "SCS1".
const APPLICATION: i64 = 0x5343_5331;
const FORMAT: i64 = 1;
const SCHEMA: &str = include_str!("schema.sql");

/// What was traded under which names; ledgers of earlier versions get it when they are opened.
const LINEAGES: &str = "CREATE TABLE IF NOT EXISTS lineages (strategy TEXT NOT NULL, lineage TEXT NOT NULL, \
                        PRIMARY KEY (strategy, lineage)) STRICT, WITHOUT ROWID;";

/// What went wrong with the ledger's file.
#[derive(Debug, thiserror::Error)]
pub enum SkillError {
    /// There is none.
    #[error(
        "there is no skill ledger at {}: `run` writes it beside the journal; --state DIR names another \
         directory",
        .0.display()
    )]
    Missing(PathBuf),
    /// Another program's file, or another version.
    #[error("{} is not a skill ledger of this program's format {FORMAT}", .0.display())]
    OtherFormat(PathBuf),
    /// The database failed.
    #[error("the skill ledger at {}: {source}", path.display())]
    Sqlite {
        /// Which.
        path: PathBuf,
        /// What it said.
        source: rusqlite::Error,
    },
    /// A stored value that cannot be read.
    #[error("the skill ledger at {}: {what}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The writer thread could not be started.
    #[error("cannot start the skill ledger's writer thread: {0}")]
    NoThread(std::io::Error),
}

/// One forecast of one strategy on one market, with the prices of that moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// When.
    pub at: Timestamp,
    /// Whose.
    pub strategy: String,
    /// The strategy's event.
    pub event: String,
    /// Where.
    pub venue: Venue,
    /// Which market.
    pub ticker: String,
    /// Contracts with the same fact resolve together: the venue's event, or the ticker.
    pub fact: String,
    /// Hash of the model's specification.
    pub version: String,
    /// Model probability of YES, before the blend.
    pub model: f64,
    /// Standard deviation of the model's log-odds.
    pub sd_logit: f64,
    /// The probability that decides.
    pub blended: f64,
    /// Microprice.
    pub market: f64,
    /// Best bid.
    pub bid: Price,
    /// Best ask.
    pub ask: Price,
    /// A calendar window was ahead.
    pub windowed: bool,
    /// Ids of the evidence in force.
    pub signals: Vec<String>,
    /// What was decided then, as JSON; empty if nothing was.
    pub decision: String,
}

/// One execution.
#[derive(Debug, Clone, PartialEq)]
pub struct Bought {
    /// When.
    pub at: Timestamp,
    /// Our order.
    pub order: String,
    /// The venue's trade.
    pub trade: String,
    /// Whose.
    pub strategy: String,
    /// Where.
    pub venue: Venue,
    /// Which market.
    pub ticker: String,
    /// See [`Forecast::fact`].
    pub fact: String,
    /// Bought or sold YES.
    pub side: Side,
    /// YES price.
    pub price: Price,
    /// Contracts.
    pub contracts: Quantity,
    /// Fee.
    pub fee: Usd,
}

/// How a market ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolution {
    /// Where.
    pub venue: Venue,
    /// Which market.
    pub ticker: String,
    /// When we heard.
    pub at: Timestamp,
    /// How.
    pub settlement: Settlement,
}

/// A strategy's standing as the bot last stated it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// Whose.
    pub strategy: String,
    /// What.
    pub standing: Standing,
    /// Since when, engine time.
    pub since: Timestamp,
    /// Why.
    pub reason: String,
}

/// A person's release that no bot has taken up yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Its number.
    pub id: i64,
    /// Whose.
    pub strategy: String,
    /// What the person said.
    pub note: String,
}

/// An open ledger.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
}

type Sql<T> = rusqlite::Result<T>;

impl Store {
    /// Opens or creates the ledger in `dir` for writing.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn open(dir: &Path) -> Result<Self, SkillError> {
        let path = dir.join(FILE_NAME);
        let open = || -> Sql<(Connection, bool)> {
            let connection = Connection::open(&path)?;
            connection.busy_timeout(Duration::from_secs(5))?;
            connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
            let tables: i64 =
                connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            if tables == 0 {
                connection.execute_batch(&format!(
                    "BEGIN IMMEDIATE; {SCHEMA} PRAGMA application_id = {APPLICATION}; \
                     PRAGMA user_version = {FORMAT}; COMMIT;"
                ))?;
            }
            let ours = is_ours(&connection)?;
            if ours {
                connection.execute_batch(LINEAGES)?;
            }
            Ok((connection, ours))
        };
        Self::checked(path.clone(), open())
    }

    /// Opens the ledger in `dir` for reading, also while a bot is writing it.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn open_read_only(dir: &Path) -> Result<Self, SkillError> {
        let path = dir.join(FILE_NAME);
        if !path.exists() {
            return Err(SkillError::Missing(path));
        }
        let open = || -> Sql<(Connection, bool)> {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(&path, flags)?;
            connection.busy_timeout(Duration::from_secs(5))?;
            let ours = is_ours(&connection)?;
            Ok((connection, ours))
        };
        Self::checked(path.clone(), open())
    }

    fn checked(path: PathBuf, opened: Sql<(Connection, bool)>) -> Result<Self, SkillError> {
        match opened {
            Ok((connection, true)) => Ok(Self { connection, path }),
            Ok((_, false)) => Err(SkillError::OtherFormat(path)),
            Err(source) => Err(SkillError::Sqlite { path, source }),
        }
    }

    fn check<T>(&self, result: Sql<T>) -> Result<T, SkillError> {
        result.map_err(|source| SkillError::Sqlite { path: self.path.clone(), source })
    }

    fn unreadable(&self, what: String) -> SkillError {
        SkillError::Unreadable { path: self.path.clone(), what }
    }

    /// Runs `work` in one transaction.
    ///
    /// # Errors
    /// [`SkillError`]; nothing of it is kept then.
    pub fn transaction<T>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, SkillError>,
    ) -> Result<T, SkillError> {
        self.check(self.connection.execute_batch("BEGIN IMMEDIATE"))?;
        let done = work(self);
        let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
        self.check(self.connection.execute_batch(end))?;
        done
    }

    /// Keeps a forecast; the same one twice is one.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn add_forecast(&self, forecast: &Forecast) -> Result<(), SkillError> {
        let signals = serde_json::to_string(&forecast.signals).unwrap_or_else(|_| "[]".to_owned());
        let sql = "INSERT OR IGNORE INTO forecasts VALUES \
                   (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16)";
        let kept = self.connection.prepare_cached(sql).and_then(|mut statement| {
            statement.execute(rusqlite::params![
                forecast.strategy,
                forecast.venue.name(),
                forecast.ticker,
                forecast.at.nanos(),
                forecast.event,
                forecast.fact,
                forecast.version,
                forecast.model,
                forecast.sd_logit,
                forecast.blended,
                forecast.market,
                forecast.bid.to_string(),
                forecast.ask.to_string(),
                forecast.windowed,
                signals,
                forecast.decision,
            ])
        });
        self.check(kept).map(|_| ())
    }

    /// Keeps which source a signal came from.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn add_signal(&self, id: &str, source: &str, at: Timestamp) -> Result<(), SkillError> {
        let sql = "INSERT OR IGNORE INTO signals VALUES (?1,?2,?3)";
        let kept = self.connection.prepare_cached(sql);
        let kept = kept.and_then(|mut one| one.execute((id, source, at.nanos())));
        self.check(kept).map(|_| ())
    }

    /// Keeps an execution; the same one twice is one.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn add_fill(&self, fill: &Bought) -> Result<(), SkillError> {
        let sql = "INSERT OR IGNORE INTO fills VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)";
        let side = if fill.side == Side::Bid { "bid" } else { "ask" };
        let kept = self.connection.execute(
            sql,
            rusqlite::params![
                fill.order,
                fill.trade,
                fill.at.nanos(),
                fill.strategy,
                fill.venue.name(),
                fill.ticker,
                fill.fact,
                side,
                fill.price.to_string(),
                fill.contracts.to_string(),
                fill.fee.to_string(),
            ],
        );
        self.check(kept).map(|_| ())
    }

    /// Keeps how a market ended; the first word stands. Returns whether it is new.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn add_resolution(&self, resolution: &Resolution) -> Result<bool, SkillError> {
        let sql = "INSERT OR IGNORE INTO resolutions VALUES (?1,?2,?3,?4)";
        let result = settlement_text(resolution.settlement);
        let kept = self.connection.execute(
            sql,
            (resolution.venue.name(), &resolution.ticker, resolution.at.nanos(), result),
        );
        self.check(kept).map(|rows| rows > 0)
    }

    /// Keeps a strategy's standing, as it is now.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn state(&self, stated: &Stated) -> Result<(), SkillError> {
        let sql = "INSERT OR REPLACE INTO standings VALUES (?1,?2,?3,?4)";
        let word = match stated.standing {
            Standing::Good => "good",
            Standing::Demoted => "demoted",
        };
        let row = (&stated.strategy, word, stated.since.nanos(), &stated.reason);
        self.check(self.connection.execute(sql, row)).map(|_| ())
    }

    /// Every stated standing.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn standings(&self) -> Result<Vec<Stated>, SkillError> {
        let read = |row: &rusqlite::Row<'_>| {
            let demoted = row.get_ref(1)?.as_str()? == "demoted";
            Ok(Stated {
                strategy: row.get(0)?,
                standing: if demoted { Standing::Demoted } else { Standing::Good },
                since: Timestamp::from_nanos(row.get(2)?),
                reason: row.get(3)?,
            })
        };
        self.rows("SELECT strategy, standing, since, reason FROM standings ORDER BY 1", (), read)
    }

    /// Writes down a person's release.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn release(&self, strategy: &str, note: &str, at: Timestamp) -> Result<(), SkillError> {
        let sql = "INSERT INTO releases (at, strategy, note) VALUES (?1,?2,?3)";
        self.check(self.connection.execute(sql, (at.nanos(), strategy, note))).map(|_| ())
    }

    /// Releases that no bot has taken up.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn open_releases(&self) -> Result<Vec<Release>, SkillError> {
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Release { id: row.get(0)?, strategy: row.get(1)?, note: row.get(2)? })
        };
        let sql = "SELECT id, strategy, note FROM releases WHERE taken IS NULL ORDER BY id";
        self.rows(sql, (), read)
    }

    /// A release was taken up.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn take_release(&self, id: i64, at: Timestamp) -> Result<(), SkillError> {
        let sql = "UPDATE releases SET taken = ?2 WHERE id = ?1";
        self.check(self.connection.execute(sql, (id, at.nanos()))).map(|_| ())
    }

    /// Keeps what is traded under a name.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn add_lineage(&self, strategy: &str, lineage: &str) -> Result<(), SkillError> {
        let sql = "INSERT OR IGNORE INTO lineages VALUES (?1,?2)";
        self.check(self.connection.execute(sql, (strategy, lineage))).map(|_| ())
    }

    /// Other names under which the same was traded.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn relatives(&self, strategy: &str) -> Result<Vec<String>, SkillError> {
        let sql = "SELECT DISTINCT other.strategy FROM lineages AS own JOIN lineages AS other \
                   ON own.lineage = other.lineage AND own.strategy <> other.strategy \
                   WHERE own.strategy = ?1 ORDER BY 1";
        self.rows(sql, [strategy], |row| row.get(0))
    }

    /// From when on a strategy's record counts: the last release of it or of a relative, or the
    /// beginning.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn record_since(&self, strategy: &str) -> Result<Timestamp, SkillError> {
        let sql = "SELECT max(taken) FROM releases WHERE strategy = ?1 OR strategy IN \
                   (SELECT other.strategy FROM lineages AS own JOIN lineages AS other \
                   ON own.lineage = other.lineage WHERE own.strategy = ?1)";
        let taken: Option<i64> =
            self.check(self.connection.query_row(sql, [strategy], |row| row.get(0)))?;
        Ok(taken.map_or(Timestamp::EPOCH, Timestamp::from_nanos))
    }

    /// Names of the strategies that ever forecast.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn strategies(&self) -> Result<Vec<String>, SkillError> {
        self.rows("SELECT DISTINCT strategy FROM forecasts ORDER BY 1", (), |row| row.get(0))
    }

    /// Strategies that forecast this market.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn forecasters(&self, venue: Venue, ticker: &str) -> Result<Vec<String>, SkillError> {
        let sql = "SELECT DISTINCT strategy FROM forecasts WHERE venue = ?1 AND ticker = ?2";
        self.rows(sql, (venue.name(), ticker), |row| row.get(0))
    }

    /// Every forecast of a strategy, by market and time.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn forecasts(&self, strategy: &str) -> Result<Vec<Forecast>, SkillError> {
        let sql = "SELECT * FROM forecasts WHERE strategy = ?1 ORDER BY venue, ticker, at";
        self.rows(sql, [strategy], read_forecast)?
            .into_iter()
            .collect::<Result<_, _>>()
            .map_err(|what| self.unreadable(what))
    }

    /// Every forecast of what a strategy trades, under whatever name, by market and time.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn record(&self, strategy: &str) -> Result<Vec<Forecast>, SkillError> {
        let sql = "SELECT * FROM forecasts AS f WHERE f.strategy = ?1 OR EXISTS \
                   (SELECT 1 FROM lineages AS own JOIN lineages AS other ON own.lineage = other.lineage \
                   WHERE own.strategy = ?1 AND other.strategy = f.strategy \
                   AND own.lineage LIKE '%/' || f.venue \
                   AND substr(own.lineage, 1, length(f.event) + 1) = f.event || '/') \
                   ORDER BY venue, ticker, at";
        self.rows(sql, [strategy], read_forecast)?
            .into_iter()
            .collect::<Result<_, _>>()
            .map_err(|what| self.unreadable(what))
    }

    /// The last forecast of a strategy at or before an instant, on one market or on any.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn forecast_at(
        &self,
        strategy: &str,
        ticker: Option<&str>,
        at: Timestamp,
    ) -> Result<Option<Forecast>, SkillError> {
        let sql = "SELECT * FROM forecasts WHERE strategy = ?1 AND at <= ?2 \
                   AND (?3 IS NULL OR ticker = ?3) ORDER BY at DESC LIMIT 1";
        let row = (strategy, at.nanos(), ticker);
        let found = self.connection.query_row(sql, row, read_forecast).optional();
        self.check(found)?.transpose().map_err(|what| self.unreadable(what))
    }

    /// Markets that a strategy has forecast.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn tickers(&self, strategy: &str) -> Result<Vec<String>, SkillError> {
        let sql = "SELECT DISTINCT ticker FROM forecasts WHERE strategy = ?1 ORDER BY ticker";
        self.rows(sql, (strategy,), |row| row.get(0))
    }

    /// Prices of a market over time, by whoever forecast it.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn prices(&self, venue: Venue, ticker: &str) -> Result<Vec<(Timestamp, f64)>, SkillError> {
        let sql = "SELECT at, market FROM forecasts WHERE venue = ?1 AND ticker = ?2 ORDER BY at";
        self.rows(sql, (venue.name(), ticker), |row| {
            Ok((Timestamp::from_nanos(row.get(0)?), row.get(1)?))
        })
    }

    /// Every resolution.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn resolutions(&self) -> Result<Vec<Resolution>, SkillError> {
        let read = |row: &rusqlite::Row<'_>| {
            let (venue, ticker): (String, String) = (row.get(0)?, row.get(1)?);
            let (at, result): (i64, String) = (row.get(2)?, row.get(3)?);
            Ok(parse_venue(&venue).zip(parse_settlement(&result)).map(|(venue, settlement)| {
                Resolution { venue, ticker, at: Timestamp::from_nanos(at), settlement }
            }))
        };
        let rows = self.rows("SELECT venue, ticker, at, result FROM resolutions", (), read)?;
        rows.into_iter()
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| self.unreadable("a resolution names no known venue or result".into()))
    }

    /// Every execution of a strategy.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn fills(&self, strategy: &str) -> Result<Vec<Bought>, SkillError> {
        let sql = "SELECT * FROM fills WHERE strategy = ?1 ORDER BY at, order_id, trade";
        self.rows(sql, [strategy], read_fill)?
            .into_iter()
            .collect::<Result<_, _>>()
            .map_err(|what| self.unreadable(what))
    }

    /// The source of every known signal.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn sources(&self) -> Result<std::collections::HashMap<String, String>, SkillError> {
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        Ok(self.rows("SELECT id, source FROM signals", (), read)?.into_iter().collect())
    }

    fn rows<T>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        read: impl FnMut(&rusqlite::Row<'_>) -> Sql<T>,
    ) -> Result<Vec<T>, SkillError> {
        let rows = self.connection.prepare(sql).and_then(|mut statement| {
            let rows = statement.query_map(parameters, read)?;
            rows.collect::<Sql<Vec<T>>>()
        });
        self.check(rows)
    }
}

fn is_ours(connection: &Connection) -> Sql<bool> {
    let application: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok(application == APPLICATION && version == FORMAT)
}

fn read_forecast(row: &rusqlite::Row<'_>) -> Sql<Result<Forecast, String>> {
    let (venue, bid, ask): (String, String, String) = (row.get(1)?, row.get(11)?, row.get(12)?);
    let signals: String = row.get(14)?;
    let forecast = |venue, bid, ask, signals| -> Sql<Forecast> {
        Ok(Forecast {
            strategy: row.get(0)?,
            venue,
            ticker: row.get(2)?,
            at: Timestamp::from_nanos(row.get(3)?),
            event: row.get(4)?,
            fact: row.get(5)?,
            version: row.get(6)?,
            model: row.get(7)?,
            sd_logit: row.get(8)?,
            blended: row.get(9)?,
            market: row.get(10)?,
            bid,
            ask,
            windowed: row.get(13)?,
            signals,
            decision: row.get(15)?,
        })
    };
    let parts = (parse_venue(&venue), bid.parse(), ask.parse(), serde_json::from_str(&signals));
    match parts {
        (Some(venue), Ok(bid), Ok(ask), Ok(signals)) => forecast(venue, bid, ask, signals).map(Ok),
        _ => Ok(Err(format!("a forecast names venue {venue:?}, prices {bid:?} and {ask:?}"))),
    }
}

fn read_fill(row: &rusqlite::Row<'_>) -> Sql<Result<Bought, String>> {
    let (venue, side): (String, String) = (row.get(4)?, row.get(7)?);
    let (price, contracts, fee): (String, String, String) =
        (row.get(8)?, row.get(9)?, row.get(10)?);
    let parts = (parse_venue(&venue), price.parse(), contracts.parse(), fee.parse());
    let (Some(venue), Ok(price), Ok(contracts), Ok(fee)) = parts else {
        return Ok(Err(format!("a fill names venue {venue:?}, price {price:?}")));
    };
    Ok(Ok(Bought {
        order: row.get(0)?,
        trade: row.get(1)?,
        at: Timestamp::from_nanos(row.get(2)?),
        strategy: row.get(3)?,
        venue,
        ticker: row.get(5)?,
        fact: row.get(6)?,
        side: if side == "bid" { Side::Bid } else { Side::Ask },
        price,
        contracts,
        fee,
    }))
}

fn parse_venue(name: &str) -> Option<Venue> {
    [Venue::Kalshi, Venue::Polymarket, Venue::File].into_iter().find(|venue| venue.name() == name)
}

fn settlement_text(settlement: Settlement) -> String {
    match settlement {
        Settlement::Yes => "yes".to_owned(),
        Settlement::No => "no".to_owned(),
        Settlement::Void => "void".to_owned(),
        Settlement::Scalar(price) => price.to_string(),
    }
}

fn parse_settlement(text: &str) -> Option<Settlement> {
    match text {
        "yes" => Some(Settlement::Yes),
        "no" => Some(Settlement::No),
        "void" => Some(Settlement::Void),
        price => price.parse().ok().map(Settlement::Scalar),
    }
}
