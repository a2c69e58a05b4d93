//! Pictures: a line over time and a reliability diagram, as SVG text.

use std::fmt::Write as _;

use super::super::scoring::Bin;
use super::super::summary::time_text;
use statecraft_domain::Timestamp;

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 26.0;
/// More points than pixels only make the file larger.
const MAX_POINTS: usize = 1200;

/// A number over time.
pub(super) fn line(title: &str, points: &[(Timestamp, f64)], class: &str) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return String::new();
    };
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for &(_, value) in points {
        low = low.min(value);
        high = high.max(value);
    }
    if high - low < 1e-9 {
        low -= 1.0;
        high += 1.0;
    }
    let span = (last.0 - first.0).secs_f64().max(1e-9);
    let x = |at: Timestamp| LEFT + (WIDTH - LEFT - RIGHT) * (at - first.0).secs_f64() / span;
    let y = |value: f64| TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low);
    let mut svg = open(title);
    for step in 0..=4_u8 {
        let value = low + (high - low) * f64::from(step) / 4.0;
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{value:.2}</text>",
            WIDTH - RIGHT,
            LEFT - 6.0,
            y(value) + 4.0,
            y = y(value)
        );
    }
    let every = points.len().div_ceil(MAX_POINTS);
    let mut path = String::new();
    for (index, &(at, value)) in points.iter().enumerate() {
        if index.is_multiple_of(every) || index + 1 == points.len() {
            let command = if path.is_empty() { 'M' } else { 'L' };
            let _ = write!(path, "{command}{:.1} {:.1}", x(at), y(value));
        }
    }
    let bottom = HEIGHT - 6.0;
    let _ = write!(
        svg,
        "<path class=\"{class}\" d=\"{path}\"/>\
         <text class=\"axis\" x=\"{LEFT}\" y=\"{bottom}\">{}</text>\
         <text class=\"axis\" x=\"{:.1}\" y=\"{bottom}\" text-anchor=\"end\">{}</text></svg>",
        escape(&time_text(first.0)),
        WIDTH - RIGHT,
        escape(&time_text(last.0))
    );
    svg
}

/// How often what was forecast happened, model beside market.
pub(super) fn reliability(model: &[Bin], market: &[Bin]) -> String {
    const SIZE: f64 = 300.0;
    const EDGE: f64 = 36.0;
    let scale = |share: f64| EDGE + (SIZE - EDGE - 10.0) * share;
    let (low, high, bottom) = (scale(0.0), scale(1.0), SIZE - scale(0.0));
    let mut svg = format!(
        "<svg class=\"square\" viewBox=\"0 0 {SIZE} {SIZE}\" role=\"img\" \
         aria-label=\"reliability\"><title>reliability</title>\
         <line class=\"grid\" x1=\"{low:.1}\" y1=\"{bottom:.1}\" x2=\"{high:.1}\" y2=\"{:.1}\"/>\
         <text class=\"axis\" x=\"{low:.1}\" y=\"{:.1}\">forecast 0</text>\
         <text class=\"axis\" x=\"{high:.1}\" y=\"{:.1}\" text-anchor=\"end\">1</text>\
         <text class=\"axis\" x=\"4\" y=\"14\">happened</text>",
        SIZE - high,
        SIZE - 8.0,
        SIZE - 8.0,
    );
    for (bins, class) in [(market, "market"), (model, "model")] {
        for bin in bins.iter().filter(|bin| bin.count > 0) {
            #[expect(clippy::cast_precision_loss, reason = "a picture")]
            let (count, happened) = (bin.count as f64, bin.happened as f64);
            let radius = 2.5 + count.log10() * 1.2;
            let _ = write!(
                svg,
                "<circle class=\"{class}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius:.1}\">\
                 <title>{class}: forecast {:.3}, happened {:.3}, {} predictions</title></circle>",
                scale(bin.forecast_sum / count),
                SIZE - scale(happened / count),
                bin.forecast_sum / count,
                happened / count,
                bin.count
            );
        }
    }
    svg.push_str("</svg>");
    svg
}

fn open(title: &str) -> String {
    let title = escape(title);
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\">\
         <title>{title}</title>"
    )
}

/// Text that HTML will show and never run.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
