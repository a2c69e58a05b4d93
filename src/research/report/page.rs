//! The page itself.

use std::fmt::Write as _;

use super::super::equity::Point;
use super::super::summary::Summary;
use super::ModelPath;
use super::chart::{escape, line, reliability};

const STYLE: &str = "\
:root{color-scheme:light dark;--fg:#1b1f24;--bg:#fff;--dim:#667;--line:#dde;--a:#0b62c4;--b:#b5540a}\
@media(prefers-color-scheme:dark){:root{--fg:#e4e7ea;--bg:#14171a;--dim:#99a;--line:#333a42;--a:#6ab0ff;--b:#ffab66}}\
body{font:15px/1.45 system-ui,sans-serif;color:var(--fg);background:var(--bg);max-width:1100px;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}\
.dim,.axis{color:var(--dim);fill:var(--dim)}.axis{font-size:11px}\
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:.6rem}\
.card{border:1px solid var(--line);border-radius:6px;padding:.5rem .7rem}.card b{display:block;font-size:1.15rem}\
svg{width:100%;height:auto}svg.square{max-width:340px}\
.grid{stroke:var(--line)}path{fill:none;stroke-width:1.5}.equity{stroke:var(--a)}.gross{stroke:var(--b)}\
circle.model{fill:var(--a);fill-opacity:.75}circle.market{fill:var(--b);fill-opacity:.6}\
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}\
th,td{border-bottom:1px solid var(--line);padding:.25rem .5rem;text-align:right;white-space:nowrap}\
th:first-child,td:first-child{text-align:left}code{overflow-wrap:anywhere}";

/// The whole page.
#[must_use]
pub fn render(summary: &Summary, curve: &[Point], models: &[ModelPath]) -> String {
    let names = escape(&summary.strategies.join(", "));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>Backtest: {names}</title><style>{STYLE}</style></head><body>\
         <h1>Backtest: {names}</h1><p class=\"dim\">{} to {}, {} events, latency {} ms, seed {}</p>",
        escape(&summary.start),
        escape(&summary.end),
        summary.events,
        summary.latency_ms,
        summary.seed
    );
    cards(&mut page, summary);
    model_paths(&mut page, models);
    charts(&mut page, curve);
    probabilities(&mut page, summary);
    markets(&mut page, summary);
    counts(&mut page, "Why not: decisions without an order", &summary.denials);
    counts(&mut page, "Refused by the venue", &summary.rejections);
    counts(&mut page, "Alerts", &summary.alerts);
    data(&mut page, summary);
    let _ = writeln!(
        page,
        "<p class=\"dim\">Actions: <code>{}</code></p></body></html>",
        escape(&summary.actions_hash)
    );
    page
}

fn cards(page: &mut String, s: &Summary) {
    page.push_str("<div class=\"cards\">");
    let money = |usd: statecraft_domain::Usd| {
        let text = usd.to_rounded(2);
        text.strip_prefix('-').map_or_else(|| format!("${text}"), |text| format!("-${text}"))
    };
    for (name, value) in [
        ("Profit after fees", money(s.pnl_net)),
        ("Equity", money(s.equity_final)),
        ("Deepest drawdown", money(s.max_drawdown)),
        ("Fees", money(s.fees)),
        ("Orders", s.orders.to_string()),
        ("Fills", s.fills.to_string()),
        ("Contracts", s.contracts_traded.to_string()),
        ("Markets settled", s.settled_markets.to_string()),
    ] {
        let _ = write!(
            page,
            "<div class=\"card\"><span class=\"dim\">{name}</span><b>{}</b></div>",
            escape(&value)
        );
    }
    page.push_str("</div>");
}

/// What models without a market said over time, each strategy by itself.
fn model_paths(page: &mut String, models: &[ModelPath]) {
    for (name, points) in models.iter().filter(|(_, points)| !points.is_empty()) {
        let name = escape(name);
        let title = format!("model probability of {name}");
        let _ = write!(
            page,
            "<h2>Model probability: {name}</h2><p class=\"dim\">Without a market: once a day, and \
             whenever a signal moved it.</p>{}",
            line(&title, points, "equity")
        );
    }
}

fn charts(page: &mut String, curve: &[Point]) {
    let equity: Vec<_> = curve.iter().map(|point| (point.at, point.equity.as_f64())).collect();
    let gross: Vec<_> = curve.iter().map(|point| (point.at, point.gross.as_f64())).collect();
    let _ = write!(
        page,
        "<h2>Equity</h2><p class=\"dim\">Cash and positions at what closing them would bring, in \
         dollars.</p>{}<h2>Contracts held</h2>{}",
        line("equity in dollars", &equity, "equity"),
        line("contracts held, long and short", &gross, "gross")
    );
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"))
}

fn probabilities(page: &mut String, s: &Summary) {
    if s.predictions == 0 {
        return;
    }
    let scores = &s.scores;
    let _ = write!(
        page,
        "<h2>Probabilities</h2><p class=\"dim\">{} predictions, {} of markets that settled. Lower \
         is better.</p><table><tr><th>score</th><th>model</th><th>blended</th><th>market</th></tr>\
         <tr><td>Brier</td><td>{}</td><td>{}</td><td>{}</td></tr>\
         <tr><td>logarithmic</td><td>{}</td><td>{}</td><td>{}</td></tr></table>",
        s.predictions,
        scores.scored,
        number(scores.brier_model),
        number(scores.brier_blended),
        number(scores.brier_market),
        number(scores.log_score_model),
        number(scores.log_score_blended),
        number(scores.log_score_market)
    );
    if scores.scored > 0 {
        page.push_str(
            "<p class=\"dim\">Reliability: model blue, market orange; on the diagonal what is \
             forecast happens that often.</p>",
        );
        page.push_str(&reliability(&scores.bins_model, &scores.bins_market));
    }
}

fn markets(page: &mut String, s: &Summary) {
    page.push_str(
        "<h2>Markets</h2><div class=\"scroll\"><table><tr><th>market</th><th>result</th>\
         <th>fills</th><th>contracts</th><th>position</th><th>fees</th><th>profit</th>\
         <th>Brier model</th><th>Brier market</th><th>untrusted s</th></tr>",
    );
    for market in &s.markets {
        let _ = write!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>\
             <td>{}</td><td>{}</td><td>{:.1}</td></tr>",
            escape(&market.market),
            escape(market.result.as_deref().unwrap_or("-")),
            market.fills,
            market.contracts,
            market.position,
            market.fees.to_rounded(2),
            market.pnl_net.to_rounded(2),
            number(market.brier_model),
            number(market.brier_market),
            market.untrusted_seconds
        );
    }
    page.push_str("</table></div>");
}

fn counts(page: &mut String, title: &str, counts: &std::collections::BTreeMap<String, u64>) {
    if counts.is_empty() {
        return;
    }
    let mut rows: Vec<_> = counts.iter().collect();
    rows.sort_by(|a, b| b.1.cmp(a.1));
    let _ = write!(page, "<h2>{}</h2><table>", escape(title));
    for (code, count) in rows {
        let _ = write!(page, "<tr><td>{}</td><td>{count}</td></tr>", escape(code));
    }
    page.push_str("</table>");
}

fn data(page: &mut String, s: &Summary) {
    let _ = write!(
        page,
        "<h2>Data</h2><table>\
         <tr><td>events of the tapes</td><td>{}</td></tr>\
         <tr><td>lines that could not be read</td><td>{}</td></tr>\
         <tr><td>sequence gaps</td><td>{}</td></tr>\
         <tr><td>market-seconds without a trusted book</td><td>{:.1}</td></tr>\
         <tr><td>tickers equal to the rebuilt book</td><td>{} of {}</td></tr>\
         <tr><td>of these met with a crossed book</td><td>{}</td></tr>\
         <tr><td>seconds of computing</td><td>{:.3}</td></tr></table>",
        s.tape_events,
        s.unparsable_lines,
        s.sequence_gaps,
        s.untrusted_seconds,
        s.ticker_matches,
        s.ticker_checks,
        s.books_crossed,
        s.seconds
    );
    if s.broken_lines.is_empty() {
        return;
    }
    page.push_str("<p>The first lines that could not be read:</p><ul>");
    for broken in &s.broken_lines {
        let _ = write!(
            page,
            "<li>{}:{}: {}</li>",
            escape(&broken.file),
            broken.line,
            escape(&broken.reason)
        );
    }
    page.push_str("</ul>");
}

#[cfg(test)]
mod tests {
    use super::super::super::summary::{Contracts, MarketSummary};
    use super::*;

    #[test]
    fn every_text_is_escaped_and_nothing_is_fetched() {
        let evil = "<script>alert(1)</script>\"'&";
        let mut summary = crate::research::summary::empty();
        summary.strategies = vec![evil.to_owned()];
        summary.denials.insert(evil.to_owned(), 3);
        summary.broken_lines.push(crate::research::summary::BrokenLineAt {
            file: evil.to_owned(),
            line: 1,
            reason: evil.to_owned(),
        });
        summary.markets.push(MarketSummary {
            market: evil.to_owned(),
            venue: "file".to_owned(),
            result: Some(evil.to_owned()),
            fills: 1,
            contracts: Contracts::default(),
            position: Contracts::default(),
            fees: statecraft_domain::Usd::ZERO,
            pnl_net: statecraft_domain::Usd::ZERO,
            predictions: 0,
            brier_model: None,
            brier_market: None,
            book_losses: 0,
            untrusted_seconds: 0.0,
        });
        let page = render(&summary, &[], &[]);
        assert!(!page.contains("<script"));
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"));
        assert!(!page.contains("http"), "the page must not point anywhere");
        assert!(!page.contains("src="));
    }
}
