//! The verb `skill`: how good the forecasts were, beside the market's prices.

use std::path::{Path, PathBuf};

use comfy_table::Table;
use comfy_table::presets::NOTHING;
use statecraft_domain::event::Standing;

use super::{CliError, Common, Exit, Outcome, emit};
use crate::config;
use crate::runtime::clock::wall_now;
use crate::runtime::state_dir::journal_dir;
use crate::skill::questions::{Horizon, QuestionsReport, score_questions};
use crate::skill::report::{SkillReport, StrategySkill, report};
use crate::skill::score::{Bin, Comparison, PowerNeeded, SCATTER_FACTS};
use crate::skill::store::{FILE_NAME, SkillError, Store};

/// Debias intercept and slope of horizons over two weeks (model.md 4.1).
const DEBIAS: (f64, f64) = (-0.10, 1.15);

/// Flags of `skill`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Directory of the state; by default where `run` with these settings keeps it. May be read while
    /// the bot runs.
    #[arg(long, alias = "state-dir", value_name = "DIR")]
    state: Option<PathBuf>,
    /// Level of the intervals.
    #[arg(long, default_value_t = 0.90, value_name = "SHARE")]
    level: f64,
    /// Score these published questions instead (CSV, plain or gzip).
    #[arg(long, requires = "history", value_name = "CSV")]
    questions: Option<PathBuf>,
    /// Their daily prices (CSV, plain or gzip).
    #[arg(long, requires = "questions", value_name = "CSV")]
    history: Option<PathBuf>,
    /// Debias the price as this strategy file does; without it a = -0.10, b = 1.15.
    #[arg(long, requires = "questions", value_name = "FILE")]
    strategy: Option<PathBuf>,
    /// Let a demoted strategy trade real money again; its record begins anew.
    #[arg(long, value_name = "STRATEGY", requires = "because", conflicts_with = "questions")]
    reinstate: Option<String>,
    /// Why; written down with the release.
    #[arg(long, value_name = "TEXT")]
    because: Option<String>,
}

impl From<SkillError> for CliError {
    fn from(error: SkillError) -> Self {
        Self::failed(error.to_string())
    }
}

/// Runs the verb.
///
/// # Errors
/// [`CliError`] if there is no ledger, or a file cannot be read.
pub fn run(args: Args, common: &Common) -> Outcome {
    if !(args.level > 0.0 && args.level < 1.0) {
        return Err(CliError::usage("--level must be between 0 and 1"));
    }
    if let (Some(questions), Some(history)) = (&args.questions, &args.history) {
        return published(questions, history, &args, common);
    }
    let dir = ledger_dir(args.state.as_deref(), common)?;
    if let Some(strategy) = &args.reinstate {
        return reinstate(&dir, strategy, args.because.as_deref().unwrap_or_default(), common);
    }
    let found = report(&Store::open_read_only(&dir)?, args.level)?;
    emit(&if common.json { json(&found)? } else { text(&found) })?;
    Ok(Exit::Ok)
}

/// Where journal and ledger lie: the directory named, one of an embedded run below it, or where the
/// settings put it.
///
/// # Errors
/// [`CliError`] if the settings are needed and invalid.
pub fn ledger_dir(named: Option<&Path>, common: &Common) -> Result<PathBuf, CliError> {
    match named {
        Some(dir) => {
            let embedded = dir.join("embedded");
            let here = dir.join(FILE_NAME).exists() || dir.join(crate::journal::FILE_NAME).exists();
            Ok(if !here && embedded.is_dir() { embedded } else { dir.to_owned() })
        }
        None => {
            let settings = config::load_settings(&common.config, &config::Overrides::default())?;
            Ok(journal_dir(&settings.state_dir, &settings.kalshi.endpoint))
        }
    }
}

fn json(value: &impl serde::Serialize) -> Result<String, CliError> {
    serde_json::to_string(value)
        .map(|json| json + "\n")
        .map_err(|error| CliError::failed(format!("cannot be written as JSON: {error}")))
}

fn reinstate(dir: &Path, strategy: &str, because: &str, common: &Common) -> Outcome {
    // Opening for writing would create a ledger where there is none.
    let known = Store::open_read_only(dir)?.standings()?;
    let stated = known.iter().find(|stated| stated.strategy == strategy);
    if stated.is_none_or(|stated| stated.standing != Standing::Demoted) {
        let message = format!("strategy {strategy} is not demoted in {}", dir.display());
        return Err(CliError::refused(message));
    }
    if because.trim().is_empty() {
        return Err(CliError::usage("--because must say why"));
    }
    let because = crate::signals::text::clean(because, 400);
    Store::open(dir)?.release(strategy, &because, wall_now())?;
    let said = "written down; the bot takes it up while it runs, or at its next start";
    if common.json {
        emit(&format!("{}\n", serde_json::json!({ "reinstated": strategy, "because": because })))?;
    } else {
        emit(&format!("{strategy}: {said}\n"))?;
    }
    Ok(Exit::Ok)
}

fn published(questions: &Path, history: &Path, args: &Args, common: &Common) -> Outcome {
    let debias = match &args.strategy {
        Some(path) => {
            let loaded = config::load_strategies(std::slice::from_ref(path))
                .map_err(|report| CliError::usage(report.to_string()))?;
            loaded.first().map_or(DEBIAS, |one| (one.strategy.blend.a, one.strategy.blend.b))
        }
        None => DEBIAS,
    };
    let found = score_questions(questions, history, debias, args.level)
        .map_err(|error| CliError::failed(error.to_string()))?;
    emit(&if common.json { json(&found)? } else { questions_text(&found) })?;
    Ok(Exit::Ok)
}

fn table(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(header).add_rows(rows);
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

const COMPARED: [&str; 9] = [
    "",
    "n",
    "facts",
    "Brier",
    "market",
    "gain over market",
    "log",
    "market",
    "Spiegelhalter Z (p)",
];

fn compared(name: &str, c: &Comparison) -> Vec<String> {
    let gain = c.gain.map_or("-".to_owned(), |gain| {
        // Resampling a handful of facts says nothing about others.
        if c.facts < SCATTER_FACTS {
            return format!("{:+.4} [-]", gain.mean);
        }
        format!("{:+.4} [{:+.4}, {:+.4}]", gain.mean, gain.low, gain.high)
    });
    let z = c.calibration.map_or("-".to_owned(), |z| format!("{:+.2} ({:.2})", z.z, z.p_value));
    vec![
        name.to_owned(),
        c.scored.to_string(),
        c.facts.to_string(),
        format!("{:.4}", c.decided.brier),
        format!("{:.4}", c.market.brier),
        gain,
        format!("{:.4}", c.decided.log),
        format!("{:.4}", c.market.log),
        z,
    ]
}

fn text(report: &SkillReport) -> String {
    if report.strategies.is_empty() {
        return "no forecast has been kept yet\n".to_owned();
    }
    report.strategies.iter().map(|strategy| strategy_text(strategy, report.level)).collect()
}

fn strategy_text(skill: &StrategySkill, level: f64) -> String {
    let mut text = format!("{}: ", skill.strategy);
    text.push_str(match skill.standing {
        Standing::Good => "in good standing",
        Standing::Demoted => "DEMOTED TO PAPER",
    });
    if !skill.reason.is_empty() {
        text.push_str(&format!(" ({})", skill.reason));
    }
    if let Some(because) = &skill.release_waits {
        text.push_str(&format!(
            "\nits release ({because}) waits to be taken up: by the running bot within seconds, by a stopped \
             one at its next start"
        ));
    }
    text.push_str(&format!(
        "\n{} forecasts by {} version(s) of the model; {} facts resolved\n",
        skill.forecasts, skill.versions, skill.resolved
    ));
    let Some(all) = &skill.all else {
        text.push_str("nothing to score yet: scores need resolved markets\n");
        text.push_str(&closing_text(skill));
        return text + "\n";
    };
    let parts = [
        ("all", Some(all)),
        ("  with a calendar window ahead", skill.with_windows.as_ref()),
        ("  without", skill.without_windows.as_ref()),
    ];
    let mut rows: Vec<Vec<String>> =
        parts.into_iter().filter_map(|(name, part)| Some(compared(name, part?))).collect();
    rows.extend(
        skill.sources.iter().map(|(name, part)| compared(&format!("  source {name}"), part)),
    );
    text.push_str(&table(&COMPARED, rows));
    text.push_str(&format!(
        "model before the blend: Brier {:.4}; executable price: {:.4}; intervals {:.0} %, by fact; above \
         zero is better than the market\n",
        all.model.brier,
        all.executable.brier,
        100.0 * level
    ));
    text.push_str(&power_text(&all.power, all.facts));
    text.push_str(&closing_text(skill));
    text.push_str(&reliability_text("said and happened", &skill.reliability));
    text + "\n"
}

fn power_text(power: &PowerNeeded, facts: usize) -> String {
    let if_right = power.if_right.map_or_else(
        || "no number of facts would tell skill from luck: our probabilities are the market's".to_owned(),
        |n| {
            let n = n.ceil();
            format!(
                "about {n:.0} independent ones would tell skill from luck if our probabilities are right"
            )
        },
    );
    let at_gain = match power.at_observed_gain {
        Some(n) => format!("about {:.0} at the gain seen so far", n.ceil()),
        None if facts < SCATTER_FACTS => {
            format!("the gain seen over fewer than {SCATTER_FACTS} facts says nothing of it")
        }
        None => "at the gain seen so far no number of them would".to_owned(),
    };
    format!(
        "power: {facts} facts so far; {if_right}; {at_gain} (80 % power, 5 % two-sided): until then the \
         closing line says more\n"
    )
}

fn closing_text(skill: &StrategySkill) -> String {
    if skill.closing_line.is_empty() {
        return "closing line: no fill with a later price\n".to_owned();
    }
    let rows = skill.closing_line.iter().map(|line| {
        vec![
            line.horizon.to_owned(),
            line.fills.to_string(),
            line.facts.to_string(),
            format!("{:+.4}", line.log_odds),
            format!("{:+.2}", line.cents),
            line.p_value.map_or("-".to_owned(), |p| format!("{p:.2}")),
        ]
    });
    let header = ["closing line", "fills", "facts", "log-odds", "cents after fees", "p"];
    table(&header, rows.collect())
}

fn reliability_text(title: &str, bins: &[Bin]) -> String {
    let rows = bins.iter().map(|bin| {
        vec![
            format!("{:.3}", bin.forecast),
            format!("{:.3} [{:.3}, {:.3}]", bin.frequency, bin.low, bin.high),
            bin.count.to_string(),
        ]
    });
    table(&[title, "happened [90 %]", "n"], rows.collect())
}

fn questions_text(report: &QuestionsReport) -> String {
    let (a, b) = report.debias;
    let mut text = format!(
        "{} questions, {} resolved; the debiased price is expit({a:.2} + {b:.2} logit price)\n",
        report.questions, report.resolved
    );
    if report.disagreements > 0 {
        text.push_str(&format!(
            "{} prices stated in the file are not those of the history\n",
            report.disagreements
        ));
    }
    let name = |one: &Horizon| format!("T-{} {}", one.days, one.source);
    let rows = report.horizons.iter().map(|one| compared(&name(one), &one.comparison));
    let mut header = COMPARED;
    (header[3], header[4], header[6], header[7]) =
        ("debiased", "price", "log debiased", "log price");
    header[5] = "gain of debiasing";
    text.push_str(&table(&header, rows.collect()));
    for one in report.horizons.iter().filter(|one| one.source == "all") {
        let title = format!("price at T-{}", one.days);
        text.push_str(&reliability_text(&title, &one.reliability_price));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_is_told_in_whole_sentences() {
        let needed = |if_right, at_observed_gain| PowerNeeded { if_right, at_observed_gain };
        let few = power_text(&needed(Some(296.2), None), 2);
        assert!(few.contains("2 facts so far; about 297 independent ones would tell"), "{few}");
        assert!(few.contains("fewer than 10 facts says nothing"), "{few}");
        let losing = power_text(&needed(Some(50.0), None), 30);
        assert!(losing.contains("at the gain seen so far no number of them would"), "{losing}");
        let both = power_text(&needed(None, Some(12.1)), 30);
        assert!(both.contains("about 13 at the gain"), "{both}");
    }
}
