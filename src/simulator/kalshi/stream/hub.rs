//! [`Hub`]: who listens to what, and the numbering of what they are sent.
//!
//! One `sid` per connection and channel; one running `seq` per `sid` over all its markets. Each
//! connection has a bounded queue: a reader that is too slow gets error 25 and then silence.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use statecraft_domain::MarketId;
use tokio::sync::mpsc::UnboundedSender;

use crate::simulator::faults::{FaultKind, Faults};

/// What can be subscribed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Channel {
    OrderbookDelta,
    Ticker,
    Trade,
    Fill,
    MarketPositions,
    UserOrders,
    MarketLifecycle,
    OrderGroupUpdates,
    /// Exists at the venue and is silent here.
    Quiet(&'static str),
}

impl Channel {
    const NAMED: [Self; 13] = [
        Self::OrderbookDelta,
        Self::Ticker,
        Self::Trade,
        Self::Fill,
        Self::MarketPositions,
        Self::UserOrders,
        Self::MarketLifecycle,
        Self::OrderGroupUpdates,
        Self::Quiet("multivariate_market_lifecycle"),
        Self::Quiet("communications"),
        Self::Quiet("cfbenchmarks_value"),
        Self::Quiet("cfbenchmarks_value_5hz"),
        Self::Quiet("pyth_value"),
    ];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|channel| channel.name() == name)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::OrderbookDelta => "orderbook_delta",
            Self::Ticker => "ticker",
            Self::Trade => "trade",
            Self::Fill => "fill",
            Self::MarketPositions => "market_positions",
            Self::UserOrders => "user_orders",
            Self::MarketLifecycle => "market_lifecycle_v2",
            Self::OrderGroupUpdates => "order_group_updates",
            Self::Quiet(name) => name,
        }
    }

    /// Do its data frames carry a `seq`?
    const fn numbered(self) -> bool {
        match self {
            Self::OrderbookDelta
            | Self::Trade
            | Self::MarketLifecycle
            | Self::OrderGroupUpdates
            | Self::Quiet(_) => true,
            Self::Ticker | Self::Fill | Self::MarketPositions | Self::UserOrders => false,
        }
    }

    const fn private(self) -> bool {
        matches!(self, Self::Fill | Self::MarketPositions | Self::UserOrders)
    }

    /// Does a list of markets narrow it?
    pub(crate) const fn scoped(self) -> bool {
        match self {
            Self::OrderbookDelta
            | Self::Ticker
            | Self::Trade
            | Self::Fill
            | Self::MarketPositions
            | Self::UserOrders => true,
            Self::MarketLifecycle | Self::OrderGroupUpdates | Self::Quiet(_) => false,
        }
    }
}

/// Which markets a subscription covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    All,
    Only(BTreeSet<MarketId>),
}

impl Scope {
    pub(crate) fn covers(&self, market: Option<MarketId>) -> bool {
        match (self, market) {
            (Self::All, _) | (_, None) => true,
            (Self::Only(markets), Some(market)) => markets.contains(&market),
        }
    }
}

/// One channel of one connection.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) sid: u64,
    pub(crate) channel: Channel,
    pub(crate) scope: Scope,
    pub(crate) use_yes_price: bool,
    seq: u64,
    /// Ended by an overflow: silent until it is subscribed to again.
    dead: bool,
    /// Books of which nothing is sent until then, by a fault.
    frozen: BTreeMap<MarketId, Instant>,
}

impl Subscription {
    pub(crate) fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    pub(crate) const fn last_seq(&self) -> u64 {
        self.seq
    }
}

/// What the socket's task is asked to do.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// Send this text after this pause.
    Frame(String, Duration),
    /// Cut the connection.
    Cut,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Connection {
    sender: UnboundedSender<Outgoing>,
    /// Frames queued and not yet written.
    depth: Arc<AtomicUsize>,
    pub(crate) subscriptions: Vec<Subscription>,
    last_sid: u64,
    /// By a fault: no book is sent on it any more.
    dead_books: bool,
}

impl Connection {
    /// Queues an answer to a command; answers are never dropped.
    pub(crate) fn reply(&self, text: String) {
        self.push(text, Duration::ZERO);
    }

    fn push(&self, mut text: String, pause: Duration) {
        text.push('\n');
        self.depth.fetch_add(1, Ordering::Relaxed);
        // The socket's task may be gone already; the hub hears of that by `disconnect`.
        let _ = self.sender.send(Outgoing::Frame(text, pause));
    }

    /// The live subscription of a channel.
    pub(crate) fn on(&mut self, channel: Channel) -> Option<&mut Subscription> {
        self.subscriptions.iter_mut().find(|held| held.channel == channel && !held.dead)
    }

    pub(crate) fn by_sid(&mut self, sid: u64) -> Option<&mut Subscription> {
        self.subscriptions.iter_mut().find(|held| held.sid == sid && !held.dead)
    }

    /// Opens a channel under the next sid.
    pub(crate) fn open(&mut self, channel: Channel, scope: Scope, use_yes_price: bool) -> u64 {
        self.subscriptions.retain(|held| held.channel != channel);
        self.last_sid += 1;
        self.subscriptions.push(Subscription {
            sid: self.last_sid,
            channel,
            scope,
            use_yes_price,
            seq: 0,
            dead: false,
            frozen: BTreeMap::new(),
        });
        self.last_sid
    }

    pub(crate) fn close(&mut self, sid: u64) -> Option<Subscription> {
        let index = self.subscriptions.iter().position(|held| held.sid == sid && !held.dead)?;
        Some(self.subscriptions.remove(index))
    }

    fn overflow(&mut self, index: usize) {
        let Some(held) = self.subscriptions.get_mut(index) else { return };
        held.dead = true;
        let sid = held.sid;
        self.push(
            format!(
                r#"{{"type":"error","sid":{sid},"msg":{{"code":25,"msg":"Subscription buffer overflow"}}}}"#
            ),
            Duration::ZERO,
        );
    }
}

/// A data message before it is addressed.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) channel: Channel,
    pub(crate) market: Option<MarketId>,
    /// The frame's `type`.
    pub(crate) kind: &'static str,
    /// The frame's `msg`, JSON.
    pub(crate) body: String,
    /// The same for those who asked for YES prices on both sides.
    pub(crate) body_yes_price: Option<String>,
}

/// Names a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ConnectionId(u64);

/// See the module.
#[derive(Debug)]
pub(crate) struct Hub {
    connections: BTreeMap<ConnectionId, Connection>,
    last: u64,
    capacity: usize,
}

impl Hub {
    /// `capacity`: frames that may wait for one connection.
    pub(crate) const fn new(capacity: usize) -> Self {
        Self { connections: BTreeMap::new(), last: 0, capacity }
    }

    pub(crate) fn len(&self) -> usize {
        self.connections.len()
    }

    /// A client connected. `depth` is lowered by the socket's task as it writes.
    pub(crate) fn connect(
        &mut self,
        sender: UnboundedSender<Outgoing>,
        depth: Arc<AtomicUsize>,
    ) -> ConnectionId {
        self.last += 1;
        let id = ConnectionId(self.last);
        let connection =
            Connection { sender, depth, subscriptions: Vec::new(), last_sid: 0, dead_books: false };
        self.connections.insert(id, connection);
        id
    }

    pub(crate) fn disconnect(&mut self, id: ConnectionId) {
        self.connections.remove(&id);
    }

    pub(crate) fn connection(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.connections.get_mut(&id)
    }

    /// Does anybody listen to this channel?
    pub(crate) fn wants(&self, channel: Channel) -> bool {
        self.connections
            .values()
            .flat_map(|connection| &connection.subscriptions)
            .any(|held| held.channel == channel && !held.dead)
    }

    /// Sends a message to everyone who subscribed to it.
    pub(crate) fn publish(&mut self, message: &Message, faults: &mut Faults) {
        for connection in self.connections.values_mut() {
            let listening = connection.subscriptions.iter().position(|held| {
                held.channel == message.channel && !held.dead && held.scope.covers(message.market)
            });
            if let Some(index) = listening {
                send_one(connection, index, message, None, self.capacity, faults);
            }
        }
    }

    /// Sends a message to one subscription, echoing the id of the command that asked for it.
    pub(crate) fn send_to(
        &mut self,
        id: ConnectionId,
        sid: u64,
        message: &Message,
        command: Option<i64>,
        faults: &mut Faults,
    ) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let index = connection.subscriptions.iter().position(|held| held.sid == sid && !held.dead);
        if let Some(index) = index {
            send_one(connection, index, message, command, self.capacity, faults);
        }
    }
}

fn send_one(
    connection: &mut Connection,
    index: usize,
    message: &Message,
    command: Option<i64>,
    capacity: usize,
    faults: &mut Faults,
) {
    let Some(held) = connection.subscriptions.get_mut(index) else { return };
    if held.channel.private() && faults.draw(FaultKind::DropPrivate).is_some() {
        return;
    }
    if held.channel == Channel::OrderbookDelta {
        let changes = message.kind == "orderbook_delta";
        connection.dead_books |= changes && faults.draw(FaultKind::DeadBooks).is_some();
        if connection.dead_books || is_frozen(held, message, command, faults) {
            return;
        }
    }
    let seq = held.channel.numbered().then(|| held.next_seq());
    if seq.is_some() && faults.draw(FaultKind::SequenceGap).is_some() {
        return;
    }
    if connection.depth.load(Ordering::Relaxed) >= capacity {
        connection.overflow(index);
        return;
    }
    let text = envelope(held, message, seq, command);
    if faults.draw(FaultKind::Disconnect).is_some() {
        let _ = connection.sender.send(Outgoing::Cut);
        return;
    }
    let pause = faults.draw(FaultKind::DelayFrame).map_or(Duration::ZERO, |shot| shot.delay());
    if faults.draw(FaultKind::DuplicateFrame).is_some() {
        connection.push(text.clone(), pause);
    }
    connection.push(text, pause);
}

/// Is nothing of this book sent? What answers a command thaws it.
fn is_frozen(
    held: &mut Subscription,
    message: &Message,
    command: Option<i64>,
    faults: &mut Faults,
) -> bool {
    let Some(market) = message.market else { return false };
    if command.is_some() {
        held.frozen.remove(&market);
        return false;
    }
    if held.frozen.get(&market).is_some_and(|until| Instant::now() < *until) {
        return true;
    }
    let Some(shot) = faults.draw(FaultKind::FrozenSubscription) else { return false };
    held.frozen.insert(market, Instant::now() + shot.delay());
    true
}

/// `{"id":…,"type":…,"sid":…,"seq":…,"msg":…}` in the order in which the venue writes them.
fn envelope(
    held: &Subscription,
    message: &Message,
    seq: Option<u64>,
    command: Option<i64>,
) -> String {
    let id = command.map(|id| format!(r#""id":{id},"#)).unwrap_or_default();
    let seq = seq.map(|seq| format!(r#""seq":{seq},"#)).unwrap_or_default();
    let body = match &message.body_yes_price {
        Some(body) if held.use_yes_price => body,
        _ => &message.body,
    };
    format!(r#"{{{id}"type":"{}","sid":{},{seq}"msg":{body}}}"#, message.kind, held.sid)
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;
    use crate::simulator::faults::FaultPlan;

    fn trade(market: u32) -> Message {
        Message {
            channel: Channel::Trade,
            market: Some(MarketId(market)),
            kind: "trade",
            body: "{}".to_owned(),
            body_yes_price: None,
        }
    }

    #[test]
    fn numbers_run_over_all_markets_of_a_sid() {
        let (sender, mut frames) = unbounded_channel();
        let mut hub = Hub::new(100);
        let mut faults = Faults::new(FaultPlan::default());
        let id = hub.connect(sender, Arc::default());
        hub.connection(id).unwrap().open(Channel::Trade, Scope::All, false);
        hub.publish(&trade(1), &mut faults);
        hub.publish(&trade(2), &mut faults);
        let mut texts = Vec::new();
        while let Ok(Outgoing::Frame(text, _)) = frames.try_recv() {
            texts.push(text);
        }
        assert_eq!(
            texts,
            [
                "{\"type\":\"trade\",\"sid\":1,\"seq\":1,\"msg\":{}}\n",
                "{\"type\":\"trade\",\"sid\":1,\"seq\":2,\"msg\":{}}\n"
            ]
        );
    }

    #[test]
    fn a_full_queue_ends_the_subscription_with_error_25() {
        let (sender, mut frames) = unbounded_channel();
        let mut hub = Hub::new(2);
        let mut faults = Faults::new(FaultPlan::default());
        let id = hub.connect(sender, Arc::default());
        hub.connection(id).unwrap().open(Channel::Trade, Scope::All, false);
        for _ in 0..5 {
            hub.publish(&trade(1), &mut faults);
        }
        let mut texts = Vec::new();
        while let Ok(Outgoing::Frame(text, _)) = frames.try_recv() {
            texts.push(text);
        }
        assert_eq!(texts.len(), 3, "two frames, one error, then silence: {texts:?}");
        assert!(texts[2].contains("\"code\":25"));
        assert!(!hub.wants(Channel::Trade));
    }

    #[test]
    fn a_gap_uses_up_a_number() {
        let (sender, mut frames) = unbounded_channel();
        let mut hub = Hub::new(100);
        let plan = FaultPlan::parse("[[fault]]\nkind = 'sequence_gap'\nnth = 2").unwrap();
        let mut faults = Faults::new(plan);
        let id = hub.connect(sender, Arc::default());
        hub.connection(id).unwrap().open(Channel::Trade, Scope::All, false);
        for _ in 0..3 {
            hub.publish(&trade(1), &mut faults);
        }
        let mut seqs = Vec::new();
        while let Ok(Outgoing::Frame(text, _)) = frames.try_recv() {
            seqs.push(text.contains("\"seq\":3"));
        }
        assert_eq!(seqs, [false, true]);
    }
}
