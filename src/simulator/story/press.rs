//! Who reports in a story: the outlets, each with its class and a host of its own.

use statecraft_domain::signal::SourceClass;

/// One outlet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outlet {
    /// Name, as the source of its signals.
    pub source: &'static str,
    /// How far it is believed.
    pub class: SourceClass,
    /// The class as feeds write it.
    pub category: &'static str,
    /// Where its pages are: in a domain that nobody can own.
    pub host: &'static str,
}

/// Every outlet.
pub const PRESS: [Outlet; 6] = [
    outlet("white-house", SourceClass::Official, "official", "white-house.example"),
    outlet("foreign-ministry", SourceClass::Official, "official", "foreign-ministry.example"),
    outlet("wire", SourceClass::Wire, "wire", "wire.example"),
    outlet("newspaper", SourceClass::National, "national", "newspaper.example"),
    outlet("trade-press", SourceClass::TradePress, "trade_press", "trade-press.example"),
    outlet("commentary", SourceClass::Commentary, "commentary", "commentary.example"),
];

const fn outlet(
    source: &'static str,
    class: SourceClass,
    category: &'static str,
    host: &'static str,
) -> Outlet {
    Outlet { source, class, category, host }
}

/// The outlet of this name.
#[must_use]
pub fn find(source: &str) -> Option<&'static Outlet> {
    PRESS.iter().find(|outlet| outlet.source == source)
}

/// Where an outlet's pages are.
#[must_use]
pub fn host(source: &str) -> &'static str {
    find(source).map_or("story.example", |outlet| outlet.host)
}
