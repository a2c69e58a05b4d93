//! Reads of the account and of results, as tasks over the simulated network.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use serde::de::DeserializeOwned;
use statecraft_domain::event::MarketSettled;
use statecraft_domain::{Event, MarketId, Venue};

use crate::journal::JournalClosed;
use crate::simulation::plant::Plant;
use crate::trading::account;
use crate::trading::account::Question;
use crate::trading::desk::Takes;
use crate::trading::reconcile::AccountState;
use crate::trading::reconciler::{Start, StartError};
use crate::venue::kalshi::limits::Operation;
use crate::venue::kalshi::map::settlement;
use crate::venue::kalshi::rest::{Get, RestError, STATUS, parse, reads};
use crate::venue::kalshi::wire::Market;

use super::{ATTEMPTS, Bot, Stage, Wish};

/// What a task came to.
pub(super) enum Output {
    Account(Result<AccountState, RestError>),
    Result(MarketId, Box<Result<Market, RestError>>),
}

pub(super) type Mail = Arc<Mutex<Mailbox>>;

#[derive(Debug, Default)]
pub(super) struct Mailbox {
    asked: Option<String>,
    answer: Option<Result<(u16, Vec<u8>), RestError>>,
}

pub(super) struct Task {
    id: u64,
    future: Pin<Box<dyn Future<Output = Output>>>,
    mail: Mail,
}

/// Reads over the simulated network.
struct Api(Mail, Option<Plant>);

impl Api {
    fn lock(&self) -> std::sync::MutexGuard<'_, Mailbox> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Get for Api {
    async fn get<T: DeserializeOwned + Send>(
        &self,
        _operation: Operation,
        path: &str,
    ) -> Result<T, RestError> {
        // Apart from the looks that the bot takes of its own accord.
        let path = if path == STATUS { "/exchange/status?report" } else { path };
        let mut attempt = 1;
        loop {
            self.lock().asked = Some(path.to_owned());
            let answer = std::future::poll_fn(|_| match self.lock().answer.take() {
                Some(answer) => Poll::Ready(answer),
                None => Poll::Pending,
            })
            .await;
            let retry = match &answer {
                Ok((status, _)) => *status >= 500 || *status == 429,
                Err(_) => true,
            };
            let believes = Plant::is(self.1, Plant::TrustEmptyPage);
            if retry && attempt < ATTEMPTS && !believes {
                attempt += 1;
                continue;
            }
            let parsed = answer.and_then(|(status, body)| parse(status, body, path));
            if believes && parsed.is_err() {
                let empty = br#"{"orders":[],"fills":[],"market_positions":[],"cursor":""}"#;
                return parse(200, empty.to_vec(), path);
            }
            return parsed;
        }
    }
}

impl Bot {
    pub(super) fn ask_account(&mut self, question: Question) {
        let mail = Mail::default();
        let api = Api(Arc::clone(&mail), self.plant);
        let future =
            Box::pin(async move { Output::Account(account::fetch(&api, &question).await) });
        self.spawn(future, mail);
    }

    /// Asks how markets ended, where it is due.
    pub(super) fn ask_results(&mut self) {
        for ticker in self.results.due(self.wall) {
            self.ask_result(ticker);
        }
    }

    fn ask_result(&mut self, ticker: String) {
        let Some(market) = self.markets.get(Venue::Kalshi, &ticker) else { return };
        let mail = Mail::default();
        let api = Api(Arc::clone(&mail), None);
        let future = Box::pin(async move {
            Output::Result(market, Box::new(reads::market(&api, &ticker).await))
        });
        self.spawn(future, mail);
    }

    pub(super) fn spawn(&mut self, future: Pin<Box<dyn Future<Output = Output>>>, mail: Mail) {
        let id = self.next_task;
        self.next_task += 1;
        self.tasks.push_back(Task { id, future, mail });
        // Nothing is ready before the first answer.
        let _ = self.poll_task(id);
    }

    fn poll_task(&mut self, id: u64) -> Option<Output> {
        let index = self.tasks.iter().position(|task| task.id == id)?;
        let task = self.tasks.get_mut(index)?;
        let mut context = Context::from_waker(Waker::noop());
        match task.future.as_mut().poll(&mut context) {
            Poll::Ready(output) => {
                self.tasks.remove(index);
                Some(output)
            }
            Poll::Pending => {
                let asked = task.mail.lock().unwrap_or_else(PoisonError::into_inner).asked.take();
                if let Some(path) = asked {
                    self.wishes.push(Wish::Get(id, path));
                }
                None
            }
        }
    }

    /// A read was answered, or was not; `venue_secs` is the date of the answer by the venue's clock.
    pub(in crate::simulation) fn answered(
        &mut self,
        task: u64,
        answer: Result<(u16, Vec<u8>), RestError>,
        venue_secs: i64,
    ) -> Result<(), JournalClosed> {
        if self.watched(task, &answer, venue_secs)? {
            return Ok(());
        }
        if let Some(task) = self.tasks.iter().find(|one| one.id == task) {
            task.mail.lock().unwrap_or_else(PoisonError::into_inner).answer = Some(answer);
        }
        match self.poll_task(task) {
            None => Ok(()),
            Some(Output::Account(state)) => self.account(state),
            Some(Output::Result(market, answer)) => {
                let answer = *answer;
                let Some(ticker) = self.markets.ticker(market) else { return Ok(()) };
                let said = answer.ok().as_ref().and_then(settlement);
                let paid = self.results.answered(self.wall, &ticker, said);
                let Some(settlement) = paid.map(|paid| paid.settlement) else { return Ok(()) };
                let at = self.core.at;
                self.core.take(Event::MarketSettled(MarketSettled { at, market, settlement }))
            }
        }
    }

    pub(super) fn account(
        &mut self,
        state: Result<AccountState, RestError>,
    ) -> Result<(), JournalClosed> {
        if self.stage == Stage::Trading {
            self.lookout.watch.private_read(self.wall, state.as_ref().err());
            let before = self.reconciler.agreed();
            if self.reconciler.take(&mut self.core, self.wall, state)? {
                self.gate.release();
            }
            if self.reconciler.agreed() != before {
                self.wishes.push(Wish::Compared);
            }
            return Ok(());
        }
        let state = match state {
            Ok(state) => state,
            Err(error) => {
                self.wishes.push(Wish::Exit(format!("cannot read the account: {error}")));
                return Ok(());
            }
        };
        match self.reconciler.settle(&mut self.core, &state, true) {
            Ok(Start::Settled) => {
                self.wishes.push(Wish::Settled);
                self.begin_trading()
            }
            Ok(Start::Halted) => self.begin_trading(),
            Ok(Start::AskAgain) => {
                self.settle_at = Some(self.wall + self.reconciler.start_pause());
                Ok(())
            }
            Err(StartError::JournalClosed(closed)) => Err(closed),
            Err(StartError::Refused(what)) => {
                self.wishes.push(Wish::Exit(format!("refused to start: {what}")));
                Ok(())
            }
        }
    }
}
