//! The verb `classify`: what extraction reads in a headline, or in a file of them, and how well.

use std::collections::HashSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;
use serde_json::{Value, json};
use statecraft_domain::signal::SourceClass;
use statecraft_extraction::rows::{
    Row, assertion_name, billions, capital_name, class_from_name, classify, direction_name,
    per_dollar, stage_name,
};
use statecraft_extraction::score::{Gold, Pairs, Scores, Share, leave_one_out, score};
use statecraft_extraction::{Extractor, Reading};

use super::{CliError, Common, Exit, Outcome, complain, emit};
use crate::research::fit::csv_table::LineCounter;
use crate::signals::feed::decode::decode;

/// Largest file of headlines that is read, in bytes.
const MAX_FILE: u64 = 64 << 20;

/// Flags of `classify`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The headline to read.
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    pub text: Option<String>,
    /// A CSV file with at least the columns id, lang, source_class, headline, target.
    #[arg(long, short = 'f')]
    pub file: Option<PathBuf>,
    /// Country slug of the contract the headline is read for.
    #[arg(long, default_value = "japan")]
    pub target: String,
    /// Words of your own instead of the shipped ones (the format is in docs/EXTRACTION.md).
    #[arg(long)]
    pub lexicon: Option<PathBuf>,
    /// Language tag of the headline; without it, guessed.
    #[arg(long, default_value = "")]
    pub lang: String,
    /// What kind of source says it.
    #[arg(long, default_value = "wire", value_parser = parse_class)]
    pub source_class: SourceClass,
    /// Compare with the label columns of the file and print the scores.
    #[arg(long, requires = "file")]
    pub score: bool,
    /// Print beside them the scores of reading each story without the words that only it uses.
    #[arg(long, requires = "score")]
    pub leave_one_out: bool,
}

fn parse_class(name: &str) -> Result<SourceClass, String> {
    class_from_name(name).ok_or_else(|| format!("unknown source class `{name}`"))
}

/// Runs the verb.
///
/// # Errors
/// [`CliError`] if the lexicon or the file is wrong; the message names the line.
pub fn run(args: Args, common: &Common) -> Outcome {
    let extractor = extractor(args.lexicon.as_deref())?;
    if extractor.lexicon().country(&args.target).is_none() {
        return Err(CliError::usage(format!(
            "target `{}` is not a country of the lexicon; add a [[country]] for it, or choose one of: {}",
            args.target,
            extractor
                .lexicon()
                .countries
                .iter()
                .map(|country| country.slug.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        )));
    }
    match &args.file {
        Some(path) => file(&args, path, &extractor, common),
        None => text(&args, &extractor, common),
    }
}

fn extractor(path: Option<&Path>) -> Result<Extractor, CliError> {
    crate::signals::lexicon::extractor(path).map_err(|error| CliError::usage(error.to_string()))
}

fn text(args: &Args, extractor: &Extractor, common: &Common) -> Outcome {
    let headline = args.text.clone().unwrap_or_default();
    let row = Row {
        id: "1".to_owned(),
        lang: args.lang.clone(),
        class: args.source_class,
        headline,
        target: args.target.clone(),
    };
    let found = classify(extractor, std::slice::from_ref(&row));
    let Some((reading, cluster)) = found.first() else { return Ok(Exit::Ok) };
    if common.json {
        emit(&format!("{}\n", object(&row, reading, cluster.as_deref())))?;
    } else {
        emit(&human(&row, reading))?;
    }
    Ok(Exit::Ok)
}

fn file(args: &Args, path: &Path, extractor: &Extractor, common: &Common) -> Outcome {
    let File { rows, gold, flagged } = read_file(path, args.score)?;
    for flag in &flagged {
        tracing::warn!("{}: {flag}; the row was left out", path.display());
    }
    if !flagged.is_empty() {
        let (left, all) = (flagged.len(), flagged.len() + rows.len());
        complain(&format!(
            "warning: {}: {left} of {all} rows were LEFT OUT, see above",
            path.display()
        ));
    }
    let found = classify(extractor, &rows);
    if args.score {
        return scores(args, &rows, &gold, &found, extractor, common);
    }
    let mut out = String::new();
    if common.json {
        for (row, (reading, cluster)) in rows.iter().zip(&found) {
            out.push_str(&format!("{}\n", object(row, reading, cluster.as_deref())));
        }
    } else {
        out = table(&rows, &found);
    }
    emit(&out)?;
    Ok(Exit::Ok)
}

/// One row as an object with the names of the columns of the headline set.
fn object(row: &Row, reading: &Reading, cluster: Option<&str>) -> Value {
    let claim = &reading.claim;
    let amount = claim.amount.as_ref();
    let native = amount.map(|amount| billions(amount.units));
    let usd = amount.and_then(|amount| per_dollar(&amount.currency)).zip(native);
    json!({
        "id": row.id,
        "relevant": u8::from(reading.relevant),
        "actor": claim.actor,
        "capital_type": capital_name(claim.capital),
        "amount_native_bn": native,
        "currency": amount.map(|amount| amount.currency.clone()),
        "amount_usd_bn": usd.map(|(rate, native)| native / rate),
        "stage": stage_name(claim.stage),
        "direction": direction_name(claim.direction),
        "assertion": assertion_name(claim.assertion),
        "signals": signals(reading),
        "cluster": cluster.unwrap_or_default(),
        "citations": claim.citations,
    })
}

fn signals(reading: &Reading) -> String {
    if reading.slugs.is_empty() { "none".to_owned() } else { reading.slugs.join(";") }
}

fn amount_text(reading: &Reading) -> String {
    reading.claim.amount.as_ref().map_or_else(String::new, |amount| {
        format!("{} bn {}", billions(amount.units), amount.currency)
    })
}

fn human(row: &Row, reading: &Reading) -> String {
    let claim = &reading.claim;
    let fields = [
        ("relevant", if reading.relevant { "yes".to_owned() } else { "no".to_owned() }),
        ("actor", claim.actor.clone()),
        ("capital_type", capital_name(claim.capital).to_owned()),
        ("amount", amount_text(reading)),
        ("stage", stage_name(claim.stage).to_owned()),
        ("direction", direction_name(claim.direction).to_owned()),
        ("assertion", assertion_name(claim.assertion).to_owned()),
    ];
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(["field", "value", "rule", "words"]);
    for (name, value) in fields {
        let (rule, words) = cited(reading, name);
        table.add_row([name.to_owned(), value, rule, words]);
    }
    for slug in &reading.slugs {
        let (rule, words) = cited(reading, &format!("signal:{slug}"));
        table.add_row(["signal".to_owned(), slug.clone(), rule, words]);
    }
    if let Some(span) = reading.visit_on {
        table.add_row(["visit_on".to_owned(), span.to_string(), String::new(), String::new()]);
    }
    format!("read for {}\n{table}\n", row.target)
}

/// The last citation of a field: later rules overrule earlier ones.
fn cited(reading: &Reading, field: &str) -> (String, String) {
    let last = reading.claim.citations.iter().rev().find(|citation| citation.field == field);
    last.map_or_else(Default::default, |citation| (citation.rule.clone(), citation.words.clone()))
}

fn table(rows: &[Row], found: &[(Reading, Option<String>)]) -> String {
    let mut table = Table::new();
    let header =
        ["id", "rel", "capital", "amount", "stage", "direction", "assertion", "signals", "story"];
    table.load_style(ASCII_MARKDOWN).set_header(header);
    for (row, (reading, cluster)) in rows.iter().zip(found) {
        let claim = &reading.claim;
        table.add_row([
            row.id.clone(),
            u8::from(reading.relevant).to_string(),
            capital_name(claim.capital).to_owned(),
            amount_text(reading),
            stage_name(claim.stage).to_owned(),
            direction_name(claim.direction).to_owned(),
            assertion_name(claim.assertion).to_owned(),
            signals(reading),
            cluster.clone().unwrap_or_default(),
        ]);
    }
    format!("{table}\n")
}

/// Where each column is.
struct Columns {
    headers: csv::StringRecord,
}

impl Columns {
    fn text<'r>(&self, record: &'r csv::StringRecord, name: &str) -> &'r str {
        let at = self.headers.iter().position(|header| header == name);
        at.and_then(|at| record.get(at)).unwrap_or_default()
    }
}

const NEEDED: [&str; 5] = ["id", "lang", "source_class", "headline", "target"];
const LABELS: [&str; 9] = [
    "relevant",
    "capital_type",
    "amount_native_bn",
    "currency",
    "stage",
    "direction",
    "assertion",
    "signals",
    "cluster",
];

/// A file of headlines.
struct File {
    rows: Vec<Row>,
    /// Of each row, if labels were asked for.
    gold: Vec<Gold>,
    /// Rows that were left out, each with its line and why.
    flagged: Vec<String>,
}

fn read_file(path: &Path, labels: bool) -> Result<File, CliError> {
    let shown = path.display();
    let unreadable =
        |error: std::io::Error| CliError::usage(format!("{shown} cannot be read: {error}"));
    let bytes = bounded(path).map_err(unreadable)?.ok_or_else(|| {
        CliError::usage(format!("{shown} is larger than the {MAX_FILE} bytes that are read"))
    })?;
    // A foreign encoding costs letters, not the file.
    let decoded = decode(&bytes, None);
    if decoded.replaced {
        tracing::warn!("{shown}: not all of it is {}; what is not was replaced", decoded.encoding);
    }
    let bytes = decoded.text.as_bytes();
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let wrong = |error: &csv::Error| CliError::failed(csv_message(path, bytes, error));
    let headers = reader.headers().map_err(|error| wrong(&error))?.clone();
    let wanted = NEEDED.iter().chain(LABELS.iter().filter(|_| labels));
    if let Some(missing) =
        wanted.copied().find(|name| !headers.iter().any(|header| header == *name))
    {
        return Err(CliError::usage(format!("{shown} line 1: there is no column `{missing}`")));
    }
    let columns = Columns { headers };
    let (mut file, mut lines) =
        (File { rows: Vec::new(), gold: Vec::new(), flagged: Vec::new() }, LineCounter::new(bytes));
    let mut ids = HashSet::new();
    for record in reader.records() {
        let record = record.map_err(|error| wrong(&error))?;
        let line = lines.of(record.position());
        let row =
            complete(&columns, &record).and_then(|()| row(&columns, &record)).and_then(|row| {
                let known = ids.contains(&row.id);
                if known {
                    Err(format!("the id {} was used before", row.id.escape_debug()))
                } else {
                    Ok(row)
                }
            });
        let row = match row {
            Ok(row) => row,
            Err(what) => {
                file.flagged.push(format!("line {line}: {what}"));
                continue;
            }
        };
        ids.insert(row.id.clone());
        file.rows.push(row);
        if labels {
            file.gold.push(
                label(&columns, &record)
                    .map_err(|what| CliError::failed(format!("{shown} line {line}: {what}")))?,
            );
        }
    }
    if file.rows.is_empty() && !file.flagged.is_empty() {
        let flagged = file.flagged.join("\n");
        return Err(CliError::failed(format!("{shown}: no row can be read\n{flagged}")));
    }
    if file.rows.is_empty() {
        tracing::warn!("{shown}: there is no row below the header");
    }
    Ok(file)
}

/// The whole file; `None` if it is too large, or does not end.
fn bounded(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= MAX_FILE).then_some(bytes))
}

fn csv_message(path: &Path, bytes: &[u8], error: &csv::Error) -> String {
    let line = LineCounter::new(bytes).of(error.position());
    format!("{} line {line}: {error}", path.display())
}

/// Has a row as many fields as the header?
fn complete(columns: &Columns, record: &csv::StringRecord) -> Result<(), String> {
    let (expected, found) = (columns.headers.len(), record.len());
    if expected == found {
        return Ok(());
    }
    Err(format!(
        "{found} fields, but the header has {expected}; a headline with a comma needs quotes"
    ))
}

fn row(columns: &Columns, record: &csv::StringRecord) -> Result<Row, String> {
    let text = |name| columns.text(record, name).to_owned();
    let class = columns.text(record, "source_class");
    let class = class_from_name(class)
        .ok_or_else(|| format!("unknown source_class `{}`", class.escape_debug()))?;
    let id = text("id");
    if id.is_empty() {
        return Err("the id is empty".to_owned());
    }
    Ok(Row { id, lang: text("lang"), class, headline: text("headline"), target: text("target") })
}

fn label(columns: &Columns, record: &csv::StringRecord) -> Result<Gold, String> {
    let text = |name| columns.text(record, name).to_owned();
    let relevant = match columns.text(record, "relevant") {
        "1" => true,
        "0" => false,
        other => return Err(format!("relevant is `{}`, not 0 or 1", other.escape_debug())),
    };
    let amount = columns.text(record, "amount_native_bn");
    let amount = if amount.is_empty() {
        None
    } else {
        Some(amount.parse().map_err(|_| {
            format!("amount_native_bn is `{}`, not a number", amount.escape_debug())
        })?)
    };
    Ok(Gold {
        relevant,
        capital: text("capital_type"),
        amount,
        currency: text("currency"),
        stage: text("stage"),
        direction: text("direction"),
        assertion: text("assertion"),
        signals: text("signals"),
        cluster: text("cluster"),
    })
}

fn scores(
    args: &Args,
    rows: &[Row],
    gold: &[Gold],
    found: &[(Reading, Option<String>)],
    extractor: &Extractor,
    common: &Common,
) -> Outcome {
    let mut columns = vec![("all words", score(rows, gold, found))];
    if args.leave_one_out {
        let without = leave_one_out(extractor, rows, gold)
            .map_err(|error| CliError::failed(error.to_string()))?;
        columns.push(("leave one story out", score(rows, gold, &without)));
    }
    if common.json {
        let object: serde_json::Map<String, Value> = columns
            .iter()
            .map(|(name, scores)| (name.replace(' ', "_"), score_object(scores)))
            .collect();
        emit(&format!("{}\n", Value::Object(object)))?;
    } else {
        emit(&score_table(&columns))?;
    }
    Ok(Exit::Ok)
}

fn f1(pairs: Pairs) -> String {
    pairs.f1().map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"))
}

fn share(share: Share) -> String {
    share.value().map_or_else(
        || "-".to_owned(),
        |value| format!("{value:.3} ({} of {})", share.right, share.of),
    )
}

fn score_rows(scores: &Scores) -> Vec<(String, String)> {
    let mut rows = vec![
        ("relevance F1".to_owned(), f1(scores.relevance)),
        ("capital type, relevant rows".to_owned(), share(scores.capital)),
        ("amount exact".to_owned(), share(scores.amount)),
        ("false amounts".to_owned(), scores.false_amounts.to_string()),
        ("stage, relevant rows".to_owned(), share(scores.stage)),
        ("direction".to_owned(), share(scores.direction)),
        ("assertion".to_owned(), share(scores.assertion)),
        ("recall of denied, retracted, satire, injection".to_owned(), share(scores.special)),
    ];
    let by = scores.special_by.iter().map(|(name, value)| (format!("  {name}"), share(*value)));
    rows.extend(by);
    rows.push(("signals F1".to_owned(), f1(scores.signals)));
    rows.push(("stories, pairwise F1".to_owned(), f1(scores.clusters)));
    let violations =
        if scores.violations.is_empty() { "none".to_owned() } else { scores.violations.join(" ") };
    rows.push(("hard zeros that move".to_owned(), violations));
    rows
}

fn score_table(columns: &[(&str, Scores)]) -> String {
    let mut table = Table::new();
    let header = std::iter::once("score").chain(columns.iter().map(|(name, _)| *name));
    table.load_style(ASCII_MARKDOWN).set_header(header);
    let all: Vec<Vec<(String, String)>> =
        columns.iter().map(|(_, scores)| score_rows(scores)).collect();
    let Some(first) = all.first() else { return String::new() };
    for (index, (name, _)) in first.iter().enumerate() {
        let values = all
            .iter()
            .map(|rows| rows.get(index).map(|(_, value)| value.clone()).unwrap_or_default());
        table.add_row(std::iter::once(name.clone()).chain(values).collect::<Vec<_>>());
    }
    let rows = columns.first().map_or(0, |(_, scores)| scores.rows);
    format!("{table}\n{rows} rows\n")
}

fn score_object(scores: &Scores) -> Value {
    json!({
        "rows": scores.rows,
        "relevance_f1": scores.relevance.f1(),
        "capital_type": scores.capital.value(),
        "amount_exact": scores.amount.value(),
        "false_amounts": scores.false_amounts,
        "stage": scores.stage.value(),
        "direction": scores.direction.value(),
        "assertion": scores.assertion.value(),
        "special_recall": scores.special.value(),
        "signals_f1": scores.signals.f1(),
        "cluster_f1": scores.clusters.f1(),
        "hard_zero_violations": scores.violations,
    })
}
