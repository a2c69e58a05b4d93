//! Commands of a websocket client and their answers: kalshi.md sections 4.2, 4.3 and 4.6.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};
use statecraft_domain::MarketId;

use super::hub::{Channel, ConnectionId, Scope};
use crate::simulator::kalshi::venue::KalshiVenue;

#[derive(Debug, Deserialize)]
struct Command {
    #[serde(default)]
    id: i64,
    cmd: String,
    params: Option<Params>,
}

/// Parameters of every command; those that a command does not know are ignored, as the venue does.
#[derive(Debug, Default, Deserialize)]
struct Params {
    channels: Option<Vec<String>>,
    market_ticker: Option<String>,
    market_tickers: Option<Vec<String>>,
    #[serde(default)]
    use_yes_price: bool,
    #[serde(default)]
    send_initial_snapshot: bool,
    #[serde(default)]
    skip_ticker_ack: bool,
    sid: Option<u64>,
    sids: Option<Vec<u64>>,
    action: Option<String>,
}

impl Params {
    fn tickers(&self) -> Vec<&str> {
        let one = self.market_ticker.as_deref();
        let many = self.market_tickers.iter().flatten().map(String::as_str);
        one.into_iter().chain(many).collect()
    }

    fn subscription_ids(&self) -> Vec<u64> {
        self.sid.into_iter().chain(self.sids.iter().flatten().copied()).collect()
    }
}

/// An error frame's code; the texts are the venue's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Unprocessable,
    ParamsRequired,
    ChannelsRequired,
    SubscriptionIdsRequired,
    UnknownCommand,
    UnknownSubscription,
    UnknownChannel,
    InvalidParameter,
    ExactlyOneSubscription,
    UnsupportedAction,
    MarketTickerRequired,
}

impl Refusal {
    const fn frame(self) -> (u8, &'static str) {
        match self {
            Self::Unprocessable => (1, "Unable to process message"),
            Self::ParamsRequired => (2, "Params required"),
            Self::ChannelsRequired => (3, "Channels required"),
            Self::SubscriptionIdsRequired => (4, "Subscription IDs required"),
            Self::UnknownCommand => (5, "Unknown command"),
            Self::UnknownSubscription => (7, "Unknown subscription ID"),
            Self::UnknownChannel => (8, "Unknown channel name"),
            Self::InvalidParameter => (11, "Invalid parameter"),
            Self::ExactlyOneSubscription => (12, "Exactly one subscription ID is required"),
            Self::UnsupportedAction => (13, "Unsupported action"),
            Self::MarketTickerRequired => (14, "Market Ticker required"),
        }
    }
}

/// Carries out one command and queues its answers.
pub(crate) fn handle(venue: &mut KalshiVenue, client: ConnectionId, text: &str) {
    let command: Command = match serde_json::from_str(text) {
        Ok(command) => command,
        Err(_) => return refuse(venue, client, 0, Refusal::Unprocessable),
    };
    let id = command.id;
    let done = match (command.cmd.as_str(), command.params) {
        ("list_subscriptions", _) => {
            list(venue, client, id);
            Ok(())
        }
        ("subscribe" | "unsubscribe" | "update_subscription", None) => Err(Refusal::ParamsRequired),
        ("subscribe", Some(params)) => subscribe(venue, client, id, &params),
        ("unsubscribe", Some(params)) => unsubscribe(venue, client, id, &params),
        ("update_subscription", Some(params)) => update(venue, client, id, &params),
        _ => Err(Refusal::UnknownCommand),
    };
    if let Err(refusal) = done {
        refuse(venue, client, id, refusal);
    }
}

fn reply(venue: &mut KalshiVenue, client: ConnectionId, frame: &Value) {
    if let Some(connection) = venue.hub.connection(client) {
        connection.reply(frame.to_string());
    }
}

fn refuse(venue: &mut KalshiVenue, client: ConnectionId, id: i64, refusal: Refusal) {
    let (code, text) = refusal.frame();
    let mut frame = json!({ "type": "error", "msg": { "code": code, "msg": text } });
    if id != 0 {
        frame["id"] = json!(id);
    }
    reply(venue, client, &frame);
}

fn list(venue: &mut KalshiVenue, client: ConnectionId, id: i64) {
    let Some(connection) = venue.hub.connection(client) else { return };
    let held: Vec<Value> = connection
        .subscriptions
        .iter()
        .map(|held| json!({ "channel": held.channel.name(), "sid": held.sid }))
        .collect();
    connection.reply(json!({ "id": id, "type": "ok", "msg": held }).to_string());
}

/// Known markets of a list of tickers; an unknown one is an error, never silence.
fn markets(venue: &KalshiVenue, tickers: &[&str]) -> Result<BTreeSet<MarketId>, Refusal> {
    tickers.iter().map(|ticker| venue.market(ticker).ok_or(Refusal::InvalidParameter)).collect()
}

fn subscribe(
    venue: &mut KalshiVenue,
    client: ConnectionId,
    id: i64,
    params: &Params,
) -> Result<(), Refusal> {
    let names = params.channels.as_deref().unwrap_or_default();
    if names.is_empty() {
        return Err(Refusal::ChannelsRequired);
    }
    let wanted = markets(venue, &params.tickers())?;
    for name in names {
        let opened = Channel::parse(name)
            .ok_or(Refusal::UnknownChannel)
            .and_then(|channel| subscribe_one(venue, client, id, channel, &wanted, params));
        if let Err(refusal) = opened {
            refuse(venue, client, id, refusal);
        }
    }
    Ok(())
}

fn subscribe_one(
    venue: &mut KalshiVenue,
    client: ConnectionId,
    id: i64,
    channel: Channel,
    wanted: &BTreeSet<MarketId>,
    params: &Params,
) -> Result<(), Refusal> {
    if channel == Channel::OrderbookDelta && wanted.is_empty() {
        return Err(Refusal::MarketTickerRequired);
    }
    let scope = if channel.scoped() && !wanted.is_empty() {
        Scope::Only(wanted.clone())
    } else {
        Scope::All
    };
    let Some(connection) = venue.hub.connection(client) else { return Ok(()) };
    let (sid, fresh) = match connection.on(channel) {
        // A channel has one sid: a second subscription merges into the first.
        Some(held) => {
            let fresh = merge(&mut held.scope, scope, wanted);
            let sid = held.sid;
            acknowledge(venue, client, id, sid, params.skip_ticker_ack);
            (sid, fresh)
        }
        None => {
            let sid = connection.open(channel, scope, params.use_yes_price);
            let msg = json!({ "channel": channel.name(), "sid": sid });
            connection.reply(json!({ "id": id, "type": "subscribed", "msg": msg }).to_string());
            (sid, wanted.clone())
        }
    };
    match channel {
        Channel::OrderbookDelta => send_snapshots(venue, client, sid, &fresh, None),
        Channel::Ticker if params.send_initial_snapshot => {
            send_tickers(venue, client, sid, &fresh);
        }
        _ => {}
    }
    Ok(())
}

/// Widens a scope; returns the markets that were not covered before.
fn merge(held: &mut Scope, more: Scope, wanted: &BTreeSet<MarketId>) -> BTreeSet<MarketId> {
    let fresh: BTreeSet<MarketId> =
        wanted.iter().copied().filter(|market| !held.covers(Some(*market))).collect();
    match (held, more) {
        (Scope::Only(markets), Scope::Only(more)) => markets.extend(more),
        (held, Scope::All) => *held = Scope::All,
        (Scope::All, Scope::Only(_)) => {}
    }
    fresh
}

/// The `ok` that carries the full list of a subscription's markets.
fn acknowledge(venue: &mut KalshiVenue, client: ConnectionId, id: i64, sid: u64, short: bool) {
    let seq = answer_seq(venue, client, sid);
    let Some(connection) = venue.hub.connection(client) else { return };
    let markets = match connection.by_sid(sid).map(|held| held.scope.clone()) {
        Some(Scope::Only(markets)) if !short => markets,
        _ => BTreeSet::new(),
    };
    let tickers: Vec<String> = markets.into_iter().map(|market| venue.ticker(market)).collect();
    let msg = if short { json!({}) } else { json!({ "market_tickers": tickers }) };
    reply(venue, client, &json!({ "id": id, "sid": sid, "seq": seq, "type": "ok", "msg": msg }));
}

/// The number that an `ok` or `unsubscribed` carries: a new one, or the last one (switch).
fn answer_seq(venue: &mut KalshiVenue, client: ConnectionId, sid: u64) -> u64 {
    let consumes = venue.options.answers_consume_seq;
    let held = venue.hub.connection(client).and_then(|connection| connection.by_sid(sid));
    held.map_or(0, |held| if consumes { held.next_seq() } else { held.last_seq() })
}

fn send_snapshots(
    venue: &mut KalshiVenue,
    client: ConnectionId,
    sid: u64,
    markets: &BTreeSet<MarketId>,
    command: Option<i64>,
) {
    for market in markets {
        let message = venue.snapshot_message(*market);
        venue.hub.send_to(client, sid, &message, command, &mut venue.faults);
    }
}

fn send_tickers(
    venue: &mut KalshiVenue,
    client: ConnectionId,
    sid: u64,
    markets: &BTreeSet<MarketId>,
) {
    let at = venue.backend.now();
    let markets: Vec<MarketId> = if markets.is_empty() {
        venue.markets().collect()
    } else {
        markets.iter().copied().collect()
    };
    for market in markets {
        if let Some(message) = venue.ticker_message(market, at) {
            venue.hub.send_to(client, sid, &message, None, &mut venue.faults);
        }
    }
}

fn unsubscribe(
    venue: &mut KalshiVenue,
    client: ConnectionId,
    id: i64,
    params: &Params,
) -> Result<(), Refusal> {
    let sids = params.subscription_ids();
    if sids.is_empty() {
        return Err(Refusal::SubscriptionIdsRequired);
    }
    for sid in sids {
        let seq = answer_seq(venue, client, sid);
        let closed = venue.hub.connection(client).and_then(|connection| connection.close(sid));
        match closed {
            Some(_) => {
                let frame = json!({ "id": id, "sid": sid, "seq": seq, "type": "unsubscribed" });
                reply(venue, client, &frame);
            }
            None => refuse(venue, client, id, Refusal::UnknownSubscription),
        }
    }
    Ok(())
}

fn update(
    venue: &mut KalshiVenue,
    client: ConnectionId,
    id: i64,
    params: &Params,
) -> Result<(), Refusal> {
    let &[sid] = params.subscription_ids().as_slice() else {
        return Err(Refusal::ExactlyOneSubscription);
    };
    let Some(connection) = venue.hub.connection(client) else { return Ok(()) };
    let channel = connection.by_sid(sid).ok_or(Refusal::UnknownSubscription)?.channel;
    let action = params.action.as_deref().unwrap_or_default();
    if !matches!(action, "add_markets" | "delete_markets" | "get_snapshot")
        || (action == "get_snapshot" && channel != Channel::OrderbookDelta)
        || !channel.scoped()
    {
        return Err(Refusal::UnsupportedAction);
    }
    let tickers = params.tickers();
    if tickers.is_empty() {
        return Err(Refusal::MarketTickerRequired);
    }
    let named = markets(venue, &tickers)?;
    match action {
        "get_snapshot" => send_snapshots(venue, client, sid, &named, Some(id)),
        "add_markets" => {
            let fresh = rescope(venue, client, sid, |scope| {
                merge(scope, Scope::Only(named.clone()), &named)
            });
            acknowledge(venue, client, id, sid, params.skip_ticker_ack);
            if channel == Channel::OrderbookDelta {
                send_snapshots(venue, client, sid, &fresh, None);
            }
        }
        _ => {
            rescope(venue, client, sid, |scope| {
                if let Scope::Only(markets) = scope {
                    markets.retain(|market| !named.contains(market));
                }
                BTreeSet::new()
            });
            acknowledge(venue, client, id, sid, params.skip_ticker_ack);
        }
    }
    Ok(())
}

fn rescope(
    venue: &mut KalshiVenue,
    client: ConnectionId,
    sid: u64,
    change: impl FnOnce(&mut Scope) -> BTreeSet<MarketId>,
) -> BTreeSet<MarketId> {
    venue
        .hub
        .connection(client)
        .and_then(|connection| connection.by_sid(sid))
        .map(|held| change(&mut held.scope))
        .unwrap_or_default()
}
