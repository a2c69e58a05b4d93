//! `[[signals]]` and `[api]`.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use statecraft_domain::Nanos;
use statecraft_domain::signal::SourceClass;
use url::Url;

use super::build_settings::{is_loopback, path};
use super::node::Node;
use super::read::Reader;
use super::report::Problem;
use super::settings::{ApiSettings, SourceOrigin, SourceSettings};
use super::shape::FOREVER;
use crate::signals::labeller::LabellerSettings;

/// A feed of somebody else's is looked at this often at most.
const FEED_POLL_MIN: Nanos = Nanos::from_secs(30);
const FEED_POLL: Nanos = Nanos::from_secs(60);
const LINES_POLL: Nanos = Nanos::from_secs(5);
/// A source of somebody else's that brings nothing new for so long is told of.
const SILENT_AFTER: Nanos = Nanos::from_secs(3 * 86_400);
/// Signals a minute of a source that is somebody else's.
const PER_MINUTE: u32 = 30;
/// Names of sources that the program itself uses.
const RESERVED: [&str; 2] = ["api", "story"];

/// The sources; `None` if something is wrong, which has been reported.
pub(super) fn sources(reader: &mut Reader, nodes: &[Node]) -> Option<Vec<SourceSettings>> {
    let mut names: HashMap<String, &Node> = HashMap::new();
    let mut sources = Vec::new();
    let mut complete = true;
    for node in nodes {
        if let Some(name) = node.text("name") {
            check_name(reader, node, &name);
            if let Some(first) = names.insert(name.clone(), node) {
                reader.problem(
                    Problem::at(node.place("name"), format!("two sources are called \"{name}\""))
                        .related(first.place("name"), "the first one")
                        .help("names of sources are unique"),
                );
            }
        }
        match source(reader, node) {
            Some(source) => sources.push(source),
            None => complete = false,
        }
    }
    complete.then_some(sources)
}

fn check_name(reader: &mut Reader, node: &Node, name: &str) {
    let ours = RESERVED.iter().any(|word| {
        name.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    });
    if ours {
        let message = format!("\"{name}\" is a name that the program uses itself");
        reader.problem(Problem::at(node.place("name"), message));
    }
}

fn source(reader: &mut Reader, node: &Node) -> Option<SourceSettings> {
    let is_feed = node.text("kind")? == "feed";
    let origin = origin(reader, node, is_feed);
    let class = class(reader, node, is_feed);
    let poll = poll(reader, node, is_feed, origin.as_ref());
    let (origin, class) = (origin?, class?);
    let source = SourceSettings {
        name: node.text("name")?,
        trust: node.real("trust")?,
        max_influence: node.real("max_influence").unwrap_or(f64::INFINITY),
        requires_corroboration: node.flag("requires_corroboration")?,
        poll: poll?,
        max_age: node.span("max_age")?,
        silent_after: silent_after(node, &origin)?,
        per_minute: per_minute(node, &origin)?,
        hosts: hosts(reader, node, "hosts")?,
        official_hosts: hosts(reader, node, "official_hosts")?,
        publisher_hosts: hosts(reader, node, "publisher_hosts")?,
        origin,
        class,
    };
    check_official(reader, node, &source)?;
    Some(source)
}

fn origin(reader: &mut Reader, node: &Node, is_feed: bool) -> Option<SourceOrigin> {
    match (node.is_given("path"), node.is_given("url")) {
        (true, false) if is_feed => {
            let message = "a feed is fetched: it has a `url`, not a `path`";
            reader.problem(Problem::at(node.place("path"), message));
            None
        }
        (true, false) => Some(SourceOrigin::File(path(&node.text("path")?))),
        (false, true) if is_feed => source_url(reader, node).map(SourceOrigin::Feed),
        (false, true) => source_url(reader, node).map(SourceOrigin::Url),
        (both, _) => {
            let message = if both {
                "a source has either `path` or `url`, not both"
            } else {
                "a source needs `path` or `url`"
            };
            reader.problem(Problem::at(node.place("url"), message));
            None
        }
    }
}

fn source_url(reader: &mut Reader, node: &Node) -> Option<String> {
    let text = node.text("url")?;
    match Url::parse(&text) {
        Ok(url) if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)) => {
            Some(text)
        }
        _ => {
            let message = "`url` must be https:// (http:// on loopback only)";
            reader.problem(Problem::at(node.place("url"), message));
            None
        }
    }
}

fn class(reader: &mut Reader, node: &Node, is_feed: bool) -> Option<SourceClass> {
    let Some(word) = node.text("class") else {
        if is_feed && !node.is_given("class") {
            let help = "say what kind of source it is, for example class = \"wire\"";
            reader.problem(Problem::at(&node.place, "a feed needs a `class`").help(help));
            return None;
        }
        return (!node.is_given("class")).then_some(SourceClass::Desk);
    };
    if is_feed && word == "desk" {
        let message = "a feed is never your own desk";
        let help = "the labels of a desk count exactly as given; a feed gives headlines";
        reader.problem(Problem::at(node.place("class"), message).help(help));
        return None;
    }
    class_named(&word)
}

fn class_named(word: &str) -> Option<SourceClass> {
    Some(match word {
        "desk" => SourceClass::Desk,
        "official" => SourceClass::Official,
        "wire" => SourceClass::Wire,
        "top_tier" => SourceClass::TopTier,
        "national" => SourceClass::National,
        "trade_press" => SourceClass::TradePress,
        "aggregator" => SourceClass::Aggregator,
        "local" => SourceClass::Local,
        "business" => SourceClass::Business,
        "sports" => SourceClass::Sports,
        "entertainment" => SourceClass::Entertainment,
        "commentary" => SourceClass::Commentary,
        "social" => SourceClass::Social,
        "satire" => SourceClass::Satire,
        _ => return None,
    })
}

fn poll(
    reader: &mut Reader,
    node: &Node,
    is_feed: bool,
    origin: Option<&SourceOrigin>,
) -> Option<Nanos> {
    if !node.is_given("poll") {
        return Some(if is_feed { FEED_POLL } else { LINES_POLL });
    }
    let poll = node.span("poll")?;
    let remote = match origin {
        Some(SourceOrigin::Feed(url)) => Url::parse(url).is_ok_and(|url| !is_loopback(&url)),
        _ => false,
    };
    if remote && poll < FEED_POLL_MIN {
        let message = "a feed is looked at every 30s at most";
        let help = "more often is impolite, and brings nothing: servers say when to come again";
        reader.problem(Problem::at(node.place("poll"), message).help(help));
        return None;
    }
    Some(poll)
}

/// What is left out waits for strangers, not for a file of one's own.
fn silent_after(node: &Node, origin: &SourceOrigin) -> Option<Nanos> {
    if node.is_given("silent_after") {
        return node.span("silent_after");
    }
    Some(if matches!(origin, SourceOrigin::File(_)) { FOREVER } else { SILENT_AFTER })
}

/// What is left out limits strangers, not a file of one's own.
fn per_minute(node: &Node, origin: &SourceOrigin) -> Option<u32> {
    if node.is_given("per_minute") {
        return node.count("per_minute");
    }
    Some(if matches!(origin, SourceOrigin::File(_)) { u32::MAX } else { PER_MINUTE })
}

/// Host names, without anything around them.
fn hosts(reader: &mut Reader, node: &Node, key: &str) -> Option<Vec<String>> {
    if !node.is_given(key) {
        return Some(Vec::new());
    }
    let hosts = node.texts(key)?;
    let is_host = |host: &String| {
        let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        host.chars().all(letters) && host.contains('.')
    };
    if let Some(wrong) = hosts.iter().find(|host| !is_host(host)) {
        let message = format!("`{}` is no host name", wrong.escape_debug());
        let help = "write the host alone, such as \"www.example.org\"";
        reader.problem(Problem::at(node.place(key), message).help(help));
        return None;
    }
    Some(hosts)
}

/// Nobody is official because he says so: the hosts of the record are named, and the source is one of
/// them.
fn check_official(reader: &mut Reader, node: &Node, source: &SourceSettings) -> Option<()> {
    if source.class != SourceClass::Official {
        return Some(());
    }
    let help =
        "name the hosts of the official record, for example official_hosts = [\"whitehouse.gov\"]";
    if source.official_hosts.is_empty() {
        let message = "an official source needs `official_hosts`";
        reader.problem(Problem::at(node.place("class"), message).help(help));
        return None;
    }
    let (SourceOrigin::Url(url) | SourceOrigin::Feed(url)) = &source.origin else {
        return Some(());
    };
    let url = Url::parse(url).ok()?;
    let host = url.host_str().unwrap_or_default();
    let named = source.official_hosts.iter().any(|known| {
        host == known || host.strip_suffix(known.as_str()).is_some_and(|rest| rest.ends_with('.'))
    });
    if named || is_loopback(&url) {
        return Some(());
    }
    let message = format!("{host} is not among its own `official_hosts`");
    reader.problem(Problem::at(node.place("url"), message).help(help));
    None
}

/// Where signals are pushed to: `Some(None)` if nowhere.
pub(super) fn api(
    reader: &mut Reader,
    node: &Node,
    state_dir: Option<&str>,
) -> Option<Option<ApiSettings>> {
    if !node.is_given("listen") {
        return Some(None);
    }
    let Ok(listen) = node.text("listen")?.parse::<std::net::SocketAddr>() else {
        let message = "`listen` is an address and a port, such as \"127.0.0.1:8787\"";
        reader.problem(Problem::at(node.place("listen"), message));
        return None;
    };
    let allow_remote = node.flag("allow_remote")?;
    if !listen.ip().is_loopback() && !allow_remote {
        let message = "`listen` is open to other machines";
        let help = "use 127.0.0.1, or set allow_remote = true and put TLS in front of it";
        reader.problem(Problem::at(node.place("listen"), message).help(help));
        return None;
    }
    let token_file = match node.text("token_file") {
        Some(file) => path(&file),
        None if node.is_given("token_file") => return None,
        None => path(state_dir?).join(Path::new("api-token")),
    };
    Some(Some(ApiSettings { listen, allow_remote, token_file }))
}

/// The second reader of headlines: `Some(None)` if there is none.
pub(super) fn labeller(
    reader: &mut Reader,
    node: &Node,
    state_dir: Option<&str>,
) -> Option<Option<LabellerSettings>> {
    if !node.is_given("url") {
        return Some(None);
    }
    let url = source_url(reader, node);
    let Some(model) = node.text("model") else {
        let message = "a labeller needs a `model`";
        reader.problem(Problem::at(node.place("url"), message));
        return None;
    };
    if node.is_given("key_file") && node.text("key_file").is_none() {
        return None;
    }
    Some(Some(LabellerSettings {
        url: Url::parse(&url?).ok()?,
        model,
        key_file: node.text("key_file").map(|file| path(&file)),
        timeout: Duration::from_nanos(u64::try_from(node.span("timeout")?.get()).ok()?),
        cache: path(state_dir?).join("labels"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, Settings, load_with};

    fn load(text: &str) -> Result<Settings, String> {
        let dir = tempfile::tempdir().expect("dir");
        let file = dir.path().join("settings.toml");
        std::fs::write(&file, text).expect("written");
        let loaded = load_with(&file, &Overrides::default(), &[], Some(&[]));
        loaded.map(|loaded| loaded.settings).map_err(|report| report.to_string())
    }

    fn feed(rest: &str) -> Result<Settings, String> {
        load(&format!(
            "[[signals]]\nname = \"a\"\nkind = \"feed\"\nurl = \"https://www.a.example/feed\"\n{rest}"
        ))
    }

    #[test]
    fn a_feed_has_its_defaults() {
        let settings = feed("class = \"wire\"").expect("good");
        let source = &settings.signals[0];
        assert_eq!(source.origin, SourceOrigin::Feed("https://www.a.example/feed".to_owned()));
        assert_eq!((source.poll, source.class), (FEED_POLL, SourceClass::Wire));
        assert_eq!((source.per_minute, source.hosts.len()), (30, 0));
        assert_eq!((settings.api, settings.labeller), (None, None));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let official = "class = \"official\"\nofficial_hosts = [\"other.example\"]";
        for (rest, said) in [
            ("", "a feed needs a `class`"),
            ("class = \"desk\"", "never your own desk"),
            ("class = \"wire\"\npoll = \"5s\"", "every 30s at most"),
            ("class = \"wire\"\nhosts = [\"https://a.example\"]", "is no host name"),
            ("class = \"wire\"\npath = \"x\"", "either `path` or `url`"),
            ("class = \"official\"", "needs `official_hosts`"),
            (official, "not among its own `official_hosts`"),
        ] {
            let report = feed(rest).expect_err(said);
            assert!(report.contains(said), "{said}: {report}");
        }
        feed("class = \"official\"\nofficial_hosts = [\"a.example\"]").expect("its own host");
        let named = |name: &str| load(&format!("[[signals]]\nname = \"{name}\"\npath = \"x\"\n"));
        for name in ["api", "story", "story-wire"] {
            assert!(named(name).expect_err(name).contains("the program uses itself"));
        }
        assert_eq!(named("storyline").expect("good").signals[0].class, SourceClass::Desk);
    }

    #[test]
    fn the_api_is_for_this_machine() {
        let api = |rest: &str| load(&format!("[api]\n{rest}"));
        assert_eq!(api("").expect("off").api, None);
        let on = api("listen = \"127.0.0.1:8787\"").expect("on").api.expect("on");
        assert_eq!(on.token_file, Path::new("state").join("api-token"));
        assert!(api("listen = \"8787\"").is_err());
        assert!(api("listen = \"0.0.0.0:8787\"").expect_err("open").contains("other machines"));
        api("listen = \"0.0.0.0:8787\"\nallow_remote = true").expect("told so");
    }

    #[test]
    fn a_labeller_has_an_address_and_a_model() {
        let labeller = |rest: &str| load(&format!("[extraction.labeller]\n{rest}"));
        assert!(labeller("url = \"http://10.0.0.1/v1\"\nmodel = \"m\"").is_err());
        assert!(labeller("url = \"http://127.0.0.1:9/v1\"").is_err());
        let given = labeller("url = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"").expect("good");
        assert_eq!(given.labeller.expect("on").timeout, Duration::from_secs(10));
    }
}
