//! From a checked table to [`Settings`], and the rules that concern more than one key.

use std::path::PathBuf;

use statecraft_domain::Nanos;
use statecraft_domain::fees::KalshiMember;

use super::node::Node;
use super::read::Reader;
use super::report::Problem;
use super::settings::{
    EmbeddedSettings, Endpoint, KalshiSettings, MIN_FREE_LEAST, PaperSettings, Settings,
    SkillSettings, TapeSettings, TradingMode,
};
use super::{build_limits, build_sources};

/// Builds the settings; `None` if something is wrong, which has been reported.
pub(super) fn settings(reader: &mut Reader, root: &Node) -> Option<Settings> {
    let kalshi = root.table("kalshi").and_then(|node| kalshi(reader, node));
    let limits = root.table("limits").and_then(|node| build_limits::account(reader, node));
    let ceilings = root.table("limits").and_then(|node| build_limits::ceilings(reader, node));
    let days = root.table("limits").and_then(|node| build_limits::days(reader, node));
    let signals = build_sources::sources(reader, root.list("signals"));
    let state_dir = root.table("run").and_then(|run| run.text("state_dir"));
    let lexicon = root.table("extraction").and_then(|node| node.text("lexicon"));
    let labeller = root.table("extraction").and_then(|node| node.table("labeller"));
    let labeller = build_sources::labeller(reader, labeller?, state_dir.as_deref());
    let api = build_sources::api(reader, root.table("api")?, state_dir.as_deref());
    let mode = root.table("run").and_then(mode);
    if let (Some(mode), Some(kalshi)) = (mode, &kalshi) {
        check_live(reader, root, mode, kalshi);
    }
    let min_free_bytes = root.table("run").and_then(|run| min_free_bytes(reader, run));
    let (run, embedded, tape) = (root.table("run")?, root.table("embedded")?, root.table("tape")?);
    Some(Settings {
        mode: mode?,
        state_dir: path(&run.text("state_dir")?),
        min_free_bytes: min_free_bytes?,
        paper: PaperSettings {
            wanted: Nanos::from_secs(
                i64::from(root.table("limits")?.count("paper_days")?) * 86_400,
            ),
            state_dir: run.text("paper_state_dir").map(|dir| path(&dir)),
        },
        strategies_dir: path(&run.text("strategies_dir")?),
        prediction_interval: run.span("prediction_interval")?,
        max_crashes: run.count("max_crashes")?,
        kalshi: kalshi?,
        embedded: EmbeddedSettings {
            seed: embedded.whole("seed")?,
            speed: embedded.count("speed")?,
            cash: embedded.money("cash")?,
        },
        signals: signals?,
        lexicon: lexicon.map(|file| path(&file)),
        labeller: labeller?,
        skill: skill(root)?,
        api: api?,
        tape: TapeSettings { record: tape.flag("record")?, dir: path(&tape.text("dir")?) },
        limits: limits?,
        ceilings: ceilings?,
        days: days?,
    })
}

fn skill(root: &Node) -> Option<SkillSettings> {
    let node = root.table("skill")?;
    let min_resolutions = node.count("min_resolutions")?;
    Some(SkillSettings { min_resolutions, credible: node.real("credible")? })
}

/// Below the least there would be nothing between only reducing and the halt.
fn min_free_bytes(reader: &mut Reader, run: &Node) -> Option<u64> {
    let bytes = run.whole("min_free_bytes")?;
    if (1..MIN_FREE_LEAST).contains(&bytes) {
        let message = format!("`min_free_bytes` is {bytes}, less than {MIN_FREE_LEAST} (64 MiB)");
        let help = "the halt on a full disk needs 32 MiB of it; 0 switches the watch off";
        reader.problem(Problem::at(run.place("min_free_bytes"), message).help(help));
        return None;
    }
    Some(bytes)
}

fn mode(run: &Node) -> Option<TradingMode> {
    match run.text("mode")?.as_str() {
        "paper" => Some(TradingMode::Paper),
        "live" => Some(TradingMode::Live),
        _ => None,
    }
}

fn kalshi(reader: &mut Reader, node: &Node) -> Option<KalshiSettings> {
    let endpoint = endpoint(reader, node);
    let member = match node.text("member")?.as_str() {
        "direct" => KalshiMember::Direct,
        _ => KalshiMember::NonDirect,
    };
    let private_key = node.text("private_key").map(|text| path(&text));
    Some(KalshiSettings {
        endpoint: endpoint?,
        key_id: node.text("key_id"),
        private_key,
        member,
        order_group_contracts: node.contracts("order_group_contracts")?,
    })
}

fn endpoint(reader: &mut Reader, node: &Node) -> Option<Endpoint> {
    let text = node.text("endpoint")?;
    match text.as_str() {
        "embedded" => return Some(Endpoint::Embedded),
        "demo" => return Some(Endpoint::Demo),
        "prod" => return Some(Endpoint::Prod),
        _ => {}
    }
    let words = super::nearest::nearest(&text, ["embedded", "demo", "prod"]);
    let (label, help) = match (url::Url::parse(&text), words) {
        (Ok(url), _) if is_loopback(&url) && matches!(url.scheme(), "http" | "https") => {
            return Some(Endpoint::Url(text));
        }
        (Ok(url), _) if url.scheme() == "https" => return Some(Endpoint::Url(text)),
        (Ok(url), _) if url.scheme() == "http" => {
            ("not encrypted", "http:// is accepted on loopback (127.0.0.1, ::1, localhost) only")
        }
        (_, Some(word)) => {
            let label = format!("did you mean \"{word}\"?");
            return report_endpoint(reader, node, &label, ENDPOINTS);
        }
        _ => ("neither a known system nor a URL", ENDPOINTS),
    };
    report_endpoint(reader, node, label, help)
}

const ENDPOINTS: &str = "endpoint: \"embedded\", \"demo\", \"prod\", or an https:// URL";

fn report_endpoint(reader: &mut Reader, node: &Node, label: &str, help: &str) -> Option<Endpoint> {
    let message = "`endpoint` names no venue that can be used";
    reader.problem(Problem::at(node.place("endpoint"), message).label(label).help(help));
    None
}

pub(super) fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Real money needs the real venue, and the real venue needs a key.
fn check_live(reader: &mut Reader, root: &Node, mode: TradingMode, kalshi: &KalshiSettings) {
    let (Some(run), Some(section)) = (root.table("run"), root.table("kalshi")) else { return };
    match (mode, &kalshi.endpoint) {
        (TradingMode::Live, Endpoint::Prod) | (TradingMode::Paper, _) => {}
        (TradingMode::Live, other) => {
            let message = format!("live trading at endpoint \"{other}\"");
            reader.problem(
                Problem::at(run.place("mode"), message)
                    .label("live needs endpoint = \"prod\"")
                    .related(section.place("endpoint"), "this is not the real venue")
                    .help("set [kalshi] endpoint = \"prod\", or [run] mode = \"paper\""),
            );
        }
    }
    if mode == TradingMode::Paper && kalshi.endpoint == Endpoint::Prod {
        reader.problem(
            Problem::at(section.place("endpoint"), "the real venue in paper mode")
                .label("orders would be real")
                .help(
                    "use \"embedded\" or \"demo\" for paper; [run] mode = \"live\" for real money",
                ),
        );
    }
    let needs_key = mode == TradingMode::Live || kalshi.endpoint != Endpoint::Embedded;
    for key in ["key_id", "private_key"] {
        if needs_key && !section.entries.contains_key(key) {
            let message = format!("`{key}` is missing");
            let help = "an account is needed for every endpoint but \"embedded\": set key_id and \
                        private_key (the path of the key's file) in [kalshi]";
            reader.problem(Problem::at(section.place("endpoint"), message).help(help));
        }
    }
}

/// A path as written; a leading `~/` is the home directory.
pub(super) fn path(text: &str) -> PathBuf {
    match (text.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(text),
    }
}
