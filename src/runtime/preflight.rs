//! What `check --online` looks at: whether a `run` could begin now. It reads, and starts, holds and changes nothing
//! (reliability.md 12.5).

use std::collections::BTreeSet;
use std::sync::Arc;

use statecraft_domain::{Event, Timestamp, Venue};
use statecraft_engine::Strategy;

use super::access::{Access, check_clock};
use super::account_lock::AccountLock;
use super::discovery::discover;
use super::disk::{self, mib};
use super::error::RunError;
use super::state_dir::{journal_dir, nearest};
use crate::config::{Endpoint, Loaded, Settings};
use crate::journal::{FILE_NAME, Identity, Record, inspect};
use crate::venue::kalshi::rest::{KalshiRest, OrderFilter};
use crate::venue::kalshi::wire::OrderStatus;

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// A run would begin, and do less than it was asked for.
    Warning,
    /// A run would not begin.
    Bad,
}

impl Verdict {
    /// In a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }
}

/// What one look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// At what.
    pub what: &'static str,
    /// How it is.
    pub verdict: Verdict,
    /// The same in words.
    pub told: String,
}

/// Everything that was looked at.
#[derive(Debug, Default)]
struct Looks(Vec<Look>);

impl Looks {
    fn add(&mut self, what: &'static str, verdict: Verdict, told: impl Into<String>) {
        self.0.push(Look { what, verdict, told: told.into() });
    }

    fn good(&mut self, what: &'static str, told: impl Into<String>) {
        self.add(what, Verdict::Good, told);
    }

    fn bad(&mut self, what: &'static str, error: &dyn std::fmt::Display) {
        self.add(what, Verdict::Bad, error.to_string());
    }
}

/// Looks at the disk, the lock of the account, the venue's clock and status, the key, the account and the markets of
/// the enabled strategies. What cannot be reached ends the looks behind it.
pub async fn looks(loaded: &Loaded) -> Vec<Look> {
    let mut looks = Looks::default();
    look_at_disk(&mut looks, loaded);
    look_at_lock(&mut looks, loaded).await;
    look_at_journal(&mut looks, &loaded.settings);
    // Keeps the embedded venue alive for as long as it is asked.
    let (_embedded, rest) = match reach(loaded).await {
        Ok(reached) => reached,
        Err(error) => {
            looks.bad("venue", &error);
            return looks.0;
        }
    };
    if look_at_clock(&mut looks, &rest).await && look_at_key(&mut looks, &rest).await {
        look_at_status(&mut looks, &rest).await;
        look_at_user(&mut looks, &rest, loaded).await;
        look_at_account(&mut looks, &rest).await;
        look_at_markets(&mut looks, &rest, loaded).await;
    }
    looks.0
}

fn look_at_disk(looks: &mut Looks, loaded: &Loaded) {
    let (dir, min) = (&loaded.settings.state_dir, loaded.settings.min_free_bytes);
    match disk::free_bytes(nearest(dir)) {
        Ok(free) => {
            let told = format!("{} free for {}", mib(free), dir.display());
            if free < min {
                let told =
                    format!("{told}, less than min_free_bytes ({}): it would only close", mib(min));
                looks.add("disk", Verdict::Warning, told);
            } else {
                looks.good("disk", told);
            }
        }
        Err(error) => looks.bad("disk", &error),
    }
}

async fn look_at_lock(looks: &mut Looks, loaded: &Loaded) {
    match AccountLock::take(&loaded.settings).await {
        Ok(_) => looks.good("account lock", "free"),
        Err(RunError::AccountInUse { holder, .. }) => {
            let told =
                format!("process {holder} trades on it now, and a second would break its limits");
            looks.add("account lock", Verdict::Bad, told);
        }
        Err(error) => looks.bad("account lock", &error),
    }
}

/// Says something only if another key of the account is in use.
async fn look_at_user(looks: &mut Looks, rest: &KalshiRest, loaded: &Loaded) {
    let was_free = looks.0.iter().all(|look| look.verdict != Verdict::Bad);
    if let (true, Err(error)) = (was_free, AccountLock::take_user(&loaded.settings, rest).await) {
        looks.bad("account lock", &error);
    }
}

/// Says something only if there is a journal and it is of another key or another venue.
fn look_at_journal(looks: &mut Looks, settings: &Settings) {
    let dir = journal_dir(&settings.state_dir, &settings.kalshi.endpoint);
    let Some(key_id) = &settings.kalshi.key_id else { return };
    if settings.kalshi.endpoint == Endpoint::Embedded || !dir.join(FILE_NAME).exists() {
        return;
    }
    let endpoint = settings.kalshi.endpoint.to_string();
    let ours = Identity { venue: Venue::Kalshi, endpoint, account: key_id.clone() };
    if let Err(error) = inspect::expect_account(&dir, &ours) {
        looks.bad("journal", &error);
    }
}

async fn reach(loaded: &Loaded) -> Result<(Option<Access>, Arc<KalshiRest>), RunError> {
    if loaded.settings.kalshi.endpoint == Endpoint::Embedded {
        let access = Access::open(&loaded.settings).await?;
        let rest = Arc::clone(&access.rest);
        return Ok((Some(access), rest));
    }
    Access::direct(&loaded.settings).map(|(rest, _)| (None, Arc::new(rest)))
}

async fn look_at_clock(looks: &mut Looks, rest: &KalshiRest) -> bool {
    match check_clock(rest).await {
        Ok(offset) => looks.good("clock", format!("{:+.2} s from the venue's", offset.secs_f64())),
        Err(error @ RunError::ClockOff(_)) => looks.bad("clock", &error),
        Err(error) => {
            looks.bad("venue", &error);
            return false;
        }
    }
    true
}

async fn look_at_key(looks: &mut Looks, rest: &KalshiRest) -> bool {
    match rest.read_limits().await {
        Ok((limits, _)) => {
            looks.good("key", format!("accepted; usage tier {:?}", limits.usage_tier));
            true
        }
        Err(error) => {
            looks.bad("key", &error);
            false
        }
    }
}

async fn look_at_status(looks: &mut Looks, rest: &KalshiRest) {
    match rest.exchange_status().await {
        Ok(status) if status.exchange_active && status.trading_active => {
            looks.good("venue", "takes orders");
        }
        Ok(status) => {
            let back =
                status.exchange_estimated_resume_time.unwrap_or_else(|| "not said".to_owned());
            let told = format!("takes no orders now; back at: {back}");
            looks.add("venue", Verdict::Warning, told);
        }
        Err(error) => looks.bad("venue", &error),
    }
}

async fn look_at_account(looks: &mut Looks, rest: &KalshiRest) {
    let resting = OrderFilter { status: Some(OrderStatus::Resting), ..OrderFilter::default() };
    let read = async {
        let cash = rest.balance(None).await?.balance_dollars;
        let positions = rest.positions(None).await?;
        let held = positions.iter().filter(|one| !one.position_fp.is_zero()).count();
        Ok((cash, held, rest.list_orders(&resting).await?.len()))
    };
    let read: Result<_, crate::venue::kalshi::rest::RestError> = read.await;
    match read {
        Ok((cash, held, resting)) => {
            looks.good(
                "account",
                format!("{cash} in cash, {held} positions, {resting} resting orders"),
            );
        }
        Err(error) => looks.bad("account", &error),
    }
}

async fn look_at_markets(looks: &mut Looks, rest: &KalshiRest, loaded: &Loaded) {
    let enabled = loaded.strategies.iter().filter(|one| one.enabled);
    let strategies: Vec<Strategy> = enabled.map(|one| one.strategy.clone()).collect();
    let knew = known_tickers(&loaded.settings);
    let found = match discover(rest, &strategies, loaded.settings.kalshi.member, &knew).await {
        Ok(found) => found,
        Err(error) => return looks.bad("markets", &error),
    };
    let tickers: Vec<String> = found.listed.into_iter().map(|one| one.listing.ticker).collect();
    let listed = format!("{} listed: {}", tickers.len(), tickers.join(", "));
    let unlisted = found.unlisted.into_iter().map(|one| (one.ticker, one.why));
    let without: Vec<String> =
        unlisted.chain(found.unread).map(|(name, why)| format!("{name} ({why})")).collect();
    if without.is_empty() {
        return looks.good("markets", listed);
    }
    let told = format!("{listed}; a run would start without {}", without.join(", "));
    looks.add("markets", Verdict::Warning, told);
}

/// Markets that earlier runs were told of. A journal that cannot be read says nothing here: the run itself
/// tells what is wrong with it.
fn known_tickers(settings: &Settings) -> BTreeSet<String> {
    let dir = journal_dir(&settings.state_dir, &settings.kalshi.endpoint);
    if settings.kalshi.endpoint == Endpoint::Embedded || !dir.join(FILE_NAME).exists() {
        return BTreeSet::new();
    }
    let records = inspect::records(&dir, &["market_listed"], Timestamp::MAX).unwrap_or_default();
    let ticker = |record: Record| match record {
        Record::Event(Event::MarketListed(listed)) => Some(listed.listing.ticker),
        _ => None,
    };
    records.into_iter().filter_map(ticker).collect()
}
