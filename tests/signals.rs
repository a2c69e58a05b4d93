//! Signal sources from end to end: a file that grows, an address that is polled, floods and rubbish.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use statecraft::signals::{Clock, Common, Counters, SourceKind, SourceSettings, spawn};
use statecraft::simulator::story::{SEED_YES, Story, signal_lines};
use statecraft_domain::{Nanos, Signal, Timestamp};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const NOW: Timestamp = Timestamp::from_secs(1_770_000_000);

fn fixed(at: Timestamp) -> Clock {
    Arc::new(move || at)
}

fn source(kind: SourceKind) -> SourceSettings {
    SourceSettings { poll: Duration::from_millis(20), ..SourceSettings::new("desk", kind) }
}

async fn next(receiver: &mut mpsc::Receiver<Signal>) -> Signal {
    tokio::time::timeout(Duration::from_secs(20), receiver.recv()).await.expect("in time").unwrap()
}

/// Waits until the only source's counters satisfy `done`.
async fn counters(
    handle: &statecraft::signals::Handle,
    done: impl Fn(&Counters) -> bool,
) -> Counters {
    for _ in 0..1000 {
        let now = handle.counters()[0].counters;
        if done(&now) {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("counters stay at {:?}", handle.counters());
}

fn line(id: &str) -> String {
    format!(r#"{{"id":"{id}","published":{},"title":"news {id}"}}"#, NOW.nanos())
}

#[tokio::test]
async fn a_growing_file_with_rubbish_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("signals.jsonl");
    let (sender, mut receiver) = mpsc::channel(10);
    let cancel = CancellationToken::new();
    let sources = vec![source(SourceKind::File(path.clone()))];
    let handle = spawn(sources, &Common::new(fixed(NOW), 1), &sender, &cancel);
    // The file is not there yet: that is a failed look, not an end.
    counters(&handle, |c| c.failures > 0).await;

    let mut file = std::fs::File::create(&path).unwrap();
    writeln!(file, "{}\nrubbish\n\n{}", line("a"), line("a")).unwrap();
    write!(file, "{}", &line("b")[..20]).unwrap();
    file.flush().unwrap();
    let first = next(&mut receiver).await;
    assert_eq!((first.id.as_str(), first.source.as_str(), first.received), ("a", "desk", NOW));
    counters(&handle, |c| c.malformed == 1 && c.duplicates == 1 && c.lines == 3).await;

    // The second half of the line arrives, and after it one that is far too long.
    writeln!(file, "{}", &line("b")[20..]).unwrap();
    writeln!(file, "{}", "x".repeat(3_000_000)).unwrap();
    writeln!(file, "{}", line("c")).unwrap();
    assert_eq!(next(&mut receiver).await.id, "b");
    assert_eq!(next(&mut receiver).await.id, "c");
    counters(&handle, |c| c.malformed == 2 && c.delivered == 3).await;

    // A file that was replaced by a shorter one is read anew.
    std::fs::write(&path, format!("{}\n", line("d"))).unwrap();
    assert_eq!(next(&mut receiver).await.id, "d");
    cancel.cancel();
    tokio::time::timeout(Duration::from_secs(5), handle.stopped()).await.expect("stops");
}

#[tokio::test]
async fn a_flood_waits_in_its_file_and_delays_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let (flood, calm) = (dir.path().join("flood"), dir.path().join("calm"));
    let lines: String = (0..500).map(|n| line(&n.to_string()) + "\n").collect();
    std::fs::write(&flood, lines).unwrap();
    std::fs::write(&calm, line("calm") + "\n").unwrap();
    let (sender, mut receiver) = mpsc::channel(1);
    let limits =
        SourceSettings { per_minute: 100, queue_max: 5, ..source(SourceKind::File(flood)) };
    let other = SourceSettings { name: "calm".to_owned(), ..source(SourceKind::File(calm)) };
    let cancel = CancellationToken::new();
    let handle = spawn(vec![limits, other], &Common::new(fixed(NOW), 1), &sender, &cancel);
    // On a busy machine the calm one may come to its file late.
    while handle.board().reports()[1].counters.lines == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut seen = Vec::new();
    while !seen.iter().any(|signal: &Signal| signal.source == "calm") {
        seen.push(next(&mut receiver).await);
    }
    assert!(seen.len() <= 10, "{}", seen.len());
    while seen.len() < 101 {
        seen.push(next(&mut receiver).await);
    }
    // The clock of this test stands: there is never room for more, and what waits is not lost.
    let counts = counters(&handle, |c| c.looks > 3).await;
    assert_eq!((counts.lines, counts.too_many, counts.dropped), (100, 0, 0), "{counts:?}");
    let waiting = handle.board().reports()[0].waiting;
    assert!((395..=425).contains(&waiting), "{waiting}");
    let order: Vec<&str> =
        seen.iter().filter(|one| one.source == "desk").map(|one| one.id.as_str()).collect();
    assert!(order.iter().enumerate().all(|(n, id)| *id == n.to_string()), "{order:?}");
    cancel.cancel();
    handle.stopped().await;
}

#[derive(serde::Deserialize)]
struct After {
    after: usize,
}

async fn serve(signals: Vec<Signal>) -> url::Url {
    let app = Router::new()
        .route(
            "/story/signals",
            get(|Query(query): Query<After>, State(signals): State<Arc<Vec<Signal>>>| async move {
                signal_lines(signals.get(query.after..).unwrap_or_default())
            }),
        )
        .with_state(Arc::new(signals));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}/story/signals").parse().unwrap()
}

#[tokio::test]
async fn a_whole_story_over_http() {
    let story = Story::draw(SEED_YES);
    let signals: Vec<Signal> = story.events.iter().map(|event| event.signal.clone()).collect();
    let url = serve(signals.clone()).await;
    let (sender, mut receiver) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    let settings =
        SourceSettings { age_max: Nanos::from_secs(400 * 86_400), ..source(SourceKind::Http(url)) };
    let handle = spawn(vec![settings], &Common::new(fixed(story.end()), 100_000), &sender, &cancel);
    for sent in &signals {
        let got = next(&mut receiver).await;
        assert_eq!((&got.id, &got.title, &got.labels), (&sent.id, &sent.title, &sent.labels));
        assert_eq!((got.published, got.source.as_str()), (sent.published, "desk"));
    }
    // Further looks bring nothing again: the cursor stands at the end.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let counts = handle.counters()[0].counters;
    assert_eq!(counts.lines, signals.len() as u64);
    assert_eq!((counts.duplicates, counts.too_many, counts.failures), (0, 0, 0));
    cancel.cancel();
    handle.stopped().await;
}
