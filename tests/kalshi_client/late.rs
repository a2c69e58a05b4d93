//! A connection that comes late: what was decided, or forbidden, meanwhile holds for the bytes.

use std::sync::Arc;
use std::time::Duration;

use statecraft::runtime::clock::RunClock;
use statecraft::runtime::gateway::{Gate, Gateway};
use statecraft::runtime::input::Input;
use statecraft::trading::flow::Sent;
use statecraft::trading::gate::Bar;
use statecraft::trading::markets::Markets;
use statecraft::venue::kalshi::Endpoint;
use statecraft::venue::kalshi::rest::{KalshiRest, RestSettings};
use statecraft_domain::{
    ClientOrderId, Event, Nanos, OrderRequest, Price, Quantity, RejectReason, RiskApproved,
    SelfTradePrevention, Side, StrategyId, TimeInForce, Venue,
};
use statecraft_journal::Record;
use statecraft_journal::simulated::SimulatedJournal;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;

use super::scripted::{now, signer};

/// A listener whose queue is full: whoever connects waits until somebody is let in.
struct Late {
    listener: TcpListener,
    queued: Vec<TcpStream>,
    endpoint: Endpoint,
}

impl Late {
    async fn start() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut queued = Vec::new();
        while let Ok(connected) =
            tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await
        {
            queued.push(connected.unwrap());
            assert!(queued.len() < 50, "the queue never fills");
        }
        let endpoint = Endpoint::parse(&format!("http://{address}")).unwrap();
        Self { listener, queued, endpoint }
    }

    /// Lets everybody in and says what the one who had to wait sends within so long.
    async fn let_in(self) -> String {
        for _ in &self.queued {
            self.listener.accept().await.unwrap();
        }
        let patience = Duration::from_secs(4);
        let (mut late, _) =
            tokio::time::timeout(patience, self.listener.accept()).await.unwrap().unwrap();
        let mut said = Vec::new();
        let read = async {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = late.read(&mut buffer).await {
                said.extend_from_slice(&buffer[..count]);
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(1), read).await;
        String::from_utf8(said).unwrap()
    }
}

struct Rig {
    late: Late,
    gate: Gate,
    sent: Sent,
    outcomes: mpsc::Receiver<Input>,
}

/// An order is handed to a gateway whose venue does not let it in yet.
async fn rig(max_decision_age: Nanos) -> Rig {
    let late = Late::start().await;
    let clock = RunClock::real();
    let settings = RestSettings::default();
    let rest = KalshiRest::new(late.endpoint.clone(), signer(), Arc::new(now), settings).unwrap();
    let markets = Markets::default();
    let market = markets.intern(Venue::Kalshi, "T-1");
    let (gate, sent) = (Gate::default(), Sent::default());
    let (outcomes, heard) = mpsc::channel(16);
    let gateway = Gateway {
        rest: Arc::new(rest),
        markets,
        clock: clock.clone(),
        gate: gate.clone(),
        sent: sent.clone(),
        max_decision_age,
        outcomes,
        order_group: None,
    };
    let mut journal = SimulatedJournal::new(1);
    journal.open(&["s".to_owned()]).unwrap();
    let order = RiskApproved::by_risk_gate(OrderRequest {
        id: ClientOrderId { lineage: 1, sequence: 1 },
        strategy: StrategyId(0),
        market,
        side: Side::Bid,
        price: Price::from_cents(47).unwrap(),
        quantity: Quantity::from_contracts(3),
        time_in_force: TimeInForce::ImmediateOrCancel,
        post_only: false,
        reduce_only: false,
        self_trade_prevention: SelfTradePrevention::CancelTaker,
        decided_at: clock.now(),
    });
    journal.append(Record::Intent(order)).unwrap();
    let (orders, incoming) = mpsc::channel(1);
    for order in journal.flush() {
        orders.send(order).await.unwrap();
    }
    let (_, cancels) = mpsc::channel(1);
    tokio::spawn(gateway.run(incoming, cancels));
    tokio::time::sleep(Duration::from_millis(300)).await;
    Rig { late, gate, sent, outcomes: heard }
}

/// The last thing that is said of the order.
async fn verdict(outcomes: &mut mpsc::Receiver<Input>) -> Event {
    let mut last = None;
    while let Some(Input::Outcome(event)) = outcomes.recv().await {
        last = Some(event);
    }
    last.unwrap()
}

fn assert_never_sent(event: &Event, word: &str) {
    let Event::OrderRejected(rejected) = event else { panic!("{event:?}") };
    assert_eq!(rejected.reason, RejectReason::DroppedByGateway, "{rejected:?}");
    assert!(rejected.detail.contains(word), "{}", rejected.detail);
}

/// I12: a kill that was acknowledged while the connection was being made.
#[tokio::test(flavor = "multi_thread")]
async fn i12_a_kill_holds_for_an_order_whose_connection_comes_later() {
    let mut rig = rig(Nanos::from_secs(60)).await;
    rig.gate.bar(Bar::Kill);
    let arrived = rig.late.let_in().await;
    assert!(!arrived.contains("client_order_id"), "{arrived}");
    assert_never_sent(&verdict(&mut rig.outcomes).await, "killed");
    assert_eq!(rig.sent.flow().orders, 0, "nothing left");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_grew_old_on_its_way_to_a_connection_is_not_sent() {
    let mut rig = rig(Nanos::from_millis(500)).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let arrived = rig.late.let_in().await;
    assert!(!arrived.contains("client_order_id"), "{arrived}");
    assert_never_sent(&verdict(&mut rig.outcomes).await, "s old");
}

/// The other side of it: what nothing forbids is sent, late as it is, and then nobody knows.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_may_still_leave_is_sent_when_the_connection_comes() {
    let mut rig = rig(Nanos::from_secs(60)).await;
    let arrived = rig.late.let_in().await;
    assert!(arrived.contains(r#""client_order_id":"sc-0000000000000001-1""#), "{arrived}");
    let unknown = verdict(&mut rig.outcomes).await;
    assert!(matches!(unknown, Event::OrderUnknown(_)), "{unknown:?}");
    assert_eq!(rig.sent.flow().orders, 1);
}

/// A call that runs out of time before its connection comes has not sent anything.
#[tokio::test(flavor = "multi_thread")]
async fn out_of_time_without_a_connection_is_never_sent() {
    let late = Late::start().await;
    let settings = RestSettings {
        connect_timeout: Duration::from_secs(30),
        total_timeout: Duration::from_millis(300),
        ..RestSettings::default()
    };
    let rest = KalshiRest::new(late.endpoint.clone(), signer(), Arc::new(now), settings).unwrap();
    let placed = super::rest::place_with(&rest).await;
    let detail = format!("{placed:?}");
    assert!(detail.contains("DroppedByGateway"), "{detail}");
}
