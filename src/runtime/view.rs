//! The compact live view of a terminal, and the plain log line that takes its place elsewhere.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use jiff::tz::TimeZone;
use statecraft_domain::event::Mode;
use statecraft_domain::{Quantity, Timestamp, Usd};

use super::status::{MarketStatus, Status};

const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const WARN: Style = AnsiColor::Yellow.on_default();

/// Columns that the full table needs; a narrower terminal gets the short one.
const FULL_COLUMNS: usize = 118;
/// Lines around the table of markets, the cursor's included.
const OTHER_ROWS: usize = 8;

/// The terminal, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Width.
    pub columns: usize,
    /// Height.
    pub rows: usize,
}

impl Size {
    /// Of the terminal at stderr; 80 x 24 if it does not say.
    #[must_use]
    pub fn of_terminal() -> Self {
        terminal_size::terminal_size_of(std::io::stderr())
            .filter(|(width, height)| width.0 > 0 && height.0 > 0)
            .map_or(Self { columns: 80, rows: 24 }, |(width, height)| Self {
                columns: width.0.into(),
                rows: height.0.into(),
            })
    }
}

/// The view as lines of text with ANSI styles. Colour repeats what the text says, never replaces it.
/// No line is wider than the terminal and there are not more than fit: the view is redrawn in place,
/// which a line that wraps or scrolls would break.
#[must_use]
pub fn render(status: &Status, size: Size) -> Vec<String> {
    let full = size.columns >= FULL_COLUMNS;
    let mut lines = vec![headline(status), money(status, full), String::new(), market_header(full)];
    let room = size.rows.saturating_sub(OTHER_ROWS).max(1);
    lines.extend(market_lines(&status.markets, room, full));
    lines.push(String::new());
    lines.push(signal_line(status));
    lines.push(denial_line(status));
    lines.truncate(size.rows.saturating_sub(1).max(1));
    lines.iter().map(|line| fit(line, size.columns)).collect()
}

/// At most `room` lines: markets that still trade first, then what is over, the latest of it.
fn market_lines(markets: &[MarketStatus], room: usize, full: bool) -> Vec<String> {
    let line = |market: &MarketStatus| market_line(market, full);
    let (over, alive): (Vec<_>, Vec<_>) = markets.iter().partition(|market| market.over);
    if markets.len() <= room {
        return alive.into_iter().chain(over).map(line).collect();
    }
    let shown_alive = alive.len().min(room - 1);
    let shown_over = (room - 1 - shown_alive).min(over.len());
    let mut lines: Vec<String> = alive.iter().take(shown_alive).map(|one| line(one)).collect();
    lines.extend(over.iter().skip(over.len() - shown_over).map(|one| line(one)));
    let hidden = over.iter().take(over.len() - shown_over).chain(alive.iter().skip(shown_alive));
    let (count, pnl) =
        hidden.fold((0_u32, Usd::ZERO), |(count, pnl), one| (count + 1, pnl + one.pnl));
    lines.push(format!("{DIM}and {count} more, P&L {}{DIM:#}", signed(pnl)));
    lines
}

/// Cuts a styled line to the terminal's width. East Asian characters are two columns wide.
fn fit(line: &str, columns: usize) -> String {
    let mut cut = String::with_capacity(line.len());
    let (mut width, mut in_style) = (0, false);
    for c in line.chars() {
        if in_style || c == '\x1b' {
            in_style = c != 'm';
            cut.push(c);
            continue;
        }
        width += if c >= '\u{1100}' && !('\u{2000}'..='\u{2bff}').contains(&c) { 2 } else { 1 };
        if width <= columns {
            cut.push(c);
        }
    }
    cut
}

/// One log line with the same figures.
#[must_use]
pub fn log_line(status: &Status) -> String {
    let mut line = format!(
        "{} {} {} cash {} equity {} pnl {} orders {} fills {} signals {}",
        instant(status.at),
        status.venue,
        mode_name(status.mode),
        status.cash.to_rounded(2),
        status.equity.to_rounded(2),
        signed(status.pnl),
        status.counts.orders,
        status.counts.fills,
        status.counts.signals,
    );
    line.push_str(&unmatched(status));
    for market in status.markets.iter().filter(|market| !market.position.is_zero()) {
        let _ = write!(line, " | {} {}", market.ticker, position(market.position));
    }
    line
}

fn headline(status: &Status) -> String {
    let mode_style = if status.mode == Mode::Active { GOOD } else { WARN };
    let feed = if !status.connected {
        format!("{BAD}feed down{BAD:#}")
    } else if status.silent_secs > 15.0 {
        format!("{WARN}feed silent {:.0} s{WARN:#}", status.silent_secs)
    } else {
        format!("{GOOD}feed ok{GOOD:#}")
    };
    format!(
        "{BOLD}statecraft{BOLD:#}  {}  {BOLD}{}{BOLD:#}  {mode_style}{}{mode_style:#}  {feed}  \
         {DIM}{} events{DIM:#}",
        status.venue,
        instant(status.at),
        mode_name(status.mode),
        status.counts.events,
    )
}

/// The fees have no room in the short form; an order of unknown fate always has.
fn money(status: &Status, full: bool) -> String {
    let style = if status.pnl.is_negative() { BAD } else { GOOD };
    let counts = &status.counts;
    let unknown = if counts.unknown > 0 {
        format!("  {BAD}unknown {}{BAD:#}", counts.unknown)
    } else {
        String::new()
    };
    let fees = if full { format!("  fees {}", status.fees.to_rounded(2)) } else { String::new() };
    let line = format!(
        "cash {}  equity {}  P&L {style}{}{style:#}{unknown}{fees}  orders {}  fills {}  rejects {}",
        status.cash.to_rounded(2),
        status.equity.to_rounded(2),
        signed(status.pnl),
        counts.orders,
        counts.fills,
        counts.rejects,
    );
    if full { line } else { line.replace("  ", " ") }
}

fn market_header(full: bool) -> String {
    if full {
        format!(
            "{DIM}{:<34} {:>6} {:>6} {:>14} {:>7} {:>7} {:>12} {:>9}  {}{DIM:#}",
            "market", "bid", "ask", "model ± sd", "blend", "edge", "position", "P&L", "book"
        )
    } else {
        format!(
            "{DIM}{:<28} {:>5} {:>5} {:>5} {:>6} {:>8} {:>6} {}{DIM:#}",
            "market", "bid", "ask", "model", "edge", "position", "P&L", "book"
        )
    }
}

fn market_line(market: &MarketStatus, full: bool) -> String {
    let style = if market.pnl.is_negative() { BAD } else { GOOD };
    let price = |price: Option<statecraft_domain::Price>| {
        price.map_or_else(|| "-".to_owned(), |price| price.to_string())
    };
    let model = market.model.map_or_else(
        || "-".to_owned(),
        // The standard deviation is of the log-odds; p (1 - p) brings it to the probability.
        |(p, sd_logit)| format!("{p:.3} ± {:.3}", sd_logit * p * (1.0 - p)),
    );
    let fixed = |value: Option<f64>, digits: usize| {
        value.map_or("-".to_owned(), |v| format!("{v:.digits$}"))
    };
    let state_style = if market.state == "synced" { DIM } else { WARN };
    let edge = market.edge.map_or("-".to_owned(), |edge| format!("{edge:+.3}"));
    if !full {
        return format!(
            "{:<28} {:>5} {:>5} {:>5} {:>6} {:>8} {style}{:>6}{style:#} {state_style}{}{state_style:#}",
            shorten(&market.ticker, 28),
            price(market.bid),
            price(market.ask),
            fixed(market.model.map(|(p, _)| p), 3),
            edge,
            position(market.position),
            signed(market.pnl),
            market.state.replace("settled ", "paid "),
        );
    }
    format!(
        "{:<34} {:>6} {:>6} {:>14} {:>7} {:>7} {:>12} {style}{:>9}{style:#}  {state_style}{}{state_style:#}",
        shorten(&market.ticker, 34),
        price(market.bid),
        price(market.ask),
        model,
        fixed(market.blended, 3),
        edge,
        position(market.position),
        signed(market.pnl),
        market.state,
    )
}

fn signal_line(status: &Status) -> String {
    match &status.last_signal {
        None => format!("{DIM}no signal yet{DIM:#}"),
        Some((at, title)) => format!(
            "{DIM}signal {}{DIM:#} {}: {}{}",
            status.counts.signals,
            instant(*at),
            shorten(title, 90),
            unmatched(status)
        ),
    }
}

/// Withdrawals and denials that answered nothing: shown once there are any.
fn unmatched(status: &Status) -> String {
    match status.unmatched_revisions {
        0 => String::new(),
        count => format!(" (denials of nothing known: {count})"),
    }
}

fn denial_line(status: &Status) -> String {
    let mut line = format!("{DIM}why not:");
    if status.denials.is_empty() {
        line.push_str(" nothing was denied");
    }
    for (code, count) in status.denials.iter().take(5) {
        let _ = write!(line, " {code} {count}");
    }
    let _ = write!(line, "{DIM:#}");
    line
}

/// `+120 YES`, `-30` as `30 NO`, `flat`.
fn position(quantity: Quantity) -> String {
    match quantity.e6() {
        0 => "flat".to_owned(),
        1.. => format!("{quantity} YES"),
        _ => format!("{} NO", quantity.abs()),
    }
}

fn signed(amount: Usd) -> String {
    let text = amount.to_rounded(2);
    if text.starts_with('-') { text } else { format!("+{text}") }
}

fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Starting => "starting",
        Mode::Active => "active",
        Mode::ReduceOnly => "reduce only",
        Mode::Halted => "halted",
        Mode::Killed => "killed",
    }
}

/// At most `max` characters, the cut marked.
fn shorten(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(max.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// Minutes, UTC.
#[must_use]
pub fn instant(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.secs()).map_or_else(
        |_| "?".to_owned(),
        |instant| instant.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::status::Counts;
    use statecraft_domain::Price;

    fn status() -> Status {
        Status {
            at: Timestamp::from_secs(1_779_890_580),
            venue: "paper · embedded".to_owned(),
            mode: Mode::Active,
            connected: true,
            silent_secs: 0.1,
            cash: Usd::from_cents(91_233),
            equity: Usd::from_cents(100_421),
            pnl: Usd::from_cents(421),
            fees: Usd::from_cents(123),
            counts: Counts { events: 10, signals: 2, orders: 3, fills: 4, rejects: 0, unknown: 0 },
            markets: vec![MarketStatus {
                ticker: "KXTRUMPCOUNTRIES-27JAN01-JAP".to_owned(),
                bid: Price::from_cents(31),
                ask: Price::from_cents(33),
                model: Some((0.174, 0.5)),
                blended: Some(0.26),
                edge: Some(0.022),
                position: Quantity::from_contracts(-120),
                pnl: Usd::from_cents(-210),
                over: false,
                state: "synced".to_owned(),
            }],
            last_signal: Some((Timestamp::from_secs(1_779_890_000), "A fund is named".to_owned())),
            denials: vec![("no_edge", 12), ("cooldown", 3)],
            unmatched_revisions: 0,
        }
    }

    const WIDE: Size = Size { columns: 140, rows: 40 };

    fn plain(lines: &[String]) -> String {
        anstream::adapter::strip_str(&lines.join("\n")).to_string()
    }

    #[test]
    fn the_view_shows_price_model_edge_position_and_why_not() {
        insta::assert_snapshot!(plain(&render(&status(), WIDE)));
    }

    #[test]
    fn a_small_terminal_is_never_overrun() {
        let mut status = status();
        status.last_signal = Some((status.at, "東京訪問が延期されたとの報道 ".repeat(9)));
        let one = status.markets.remove(0);
        for index in 0..30 {
            let over = index < 20;
            let state = if over { "settled YES" } else { "synced" }.to_owned();
            status.markets.push(MarketStatus { over, state, ..one.clone() });
        }
        status.counts.unknown = 7;
        let lines = render(&status, Size { columns: 80, rows: 24 });
        assert!(lines.len() < 24, "{}", lines.len());
        let text = plain(&lines);
        for line in text.lines() {
            let wide = line.chars().filter(|c| *c >= '\u{3000}').count();
            assert!(line.chars().count() + wide <= 80, "{line}");
        }
        assert_eq!(text.matches("synced").count(), 10, "{text}");
        assert!(text.contains("unknown 7") && text.contains("rejects 0"), "{text}");
        assert!(text.contains("paid YES"), "{text}");
        assert!(text.contains("and 15 more, P&L -31.50"), "{text}");
        assert!(!render(&status, Size { columns: 1, rows: 1 }).is_empty());
    }

    #[test]
    fn the_log_line_names_open_positions() {
        insta::assert_snapshot!(log_line(&status()));
    }

    #[test]
    fn text_from_outside_is_cut_and_stays_on_one_line() {
        assert_eq!(shorten("abcdef", 4), "abc…");
        assert_eq!(shorten("東京訪問", 4), "東京訪問");
    }
}
