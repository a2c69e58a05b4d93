//! The verb `import`: recordings of other programs become one sealed tape.

use std::path::PathBuf;

use super::{CliError, Common, Exit, Outcome, emit};
use crate::tape::{
    BATCH, Format, Playback, PlaybackOptions, SealOptions, SealedWriter, detect, expand,
};

/// Flags of `import`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// What the files are. Without it each is recognised from its content.
    #[arg(long, short = 'f', value_parser = parse_format)]
    pub format: Option<Format>,
    /// The recordings, or directories of them; several are sessions, put in order of time.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// The sealed tape to write (Parquet).
    #[arg(long, short = 'o')]
    pub out: PathBuf,
    /// Add `price` and `size` as floats, for notebooks; about two bytes an event.
    #[arg(long)]
    pub floats: bool,
    /// Replace the tape if it exists.
    #[arg(long)]
    pub force: bool,
}

fn parse_format(text: &str) -> Result<Format, String> {
    text.parse()
}

/// Runs the verb.
///
/// # Errors
/// [`CliError`] if a file cannot be read or is not of the given format, or the tape cannot be written.
pub fn run(args: Args, common: &Common) -> Outcome {
    if args.out.exists() && !args.force {
        let out = args.out.display();
        return Err(CliError::usage(format!("{out} exists; choose another name or give --force")));
    }
    check_formats(&args)?;
    let failed = |error: crate::tape::TapeError| CliError::failed(error.to_string());
    let mut playback = Playback::open(&args.files, PlaybackOptions::default()).map_err(failed)?;
    let mut writer =
        SealedWriter::create(&args.out, SealOptions { floats: args.floats }).map_err(failed)?;
    let progress = super::progress::files(playback.progress().1, "importing");
    let mut batch = Vec::with_capacity(BATCH);
    while playback.read(&mut batch).map_err(failed)? {
        for event in &batch {
            writer.append(event).map_err(failed)?;
        }
        batch.clear();
        progress.at(playback.progress().0);
    }
    let events = writer.finish().map_err(failed)?;
    progress.done();
    tell(&playback, events, &args, common)
}

fn check_formats(args: &Args) -> Result<(), CliError> {
    let Some(wanted) = args.format else { return Ok(()) };
    let failed = |error: crate::tape::TapeError| CliError::failed(error.to_string());
    for file in &expand(&args.files).map_err(failed)? {
        let found = detect(file).map_err(failed)?;
        if found != wanted {
            let file = file.display();
            let text = format!("{file} is {found}, not {wanted}; leave --format out or correct it");
            return Err(CliError::failed(text));
        }
    }
    Ok(())
}

fn tell(playback: &Playback, events: u64, args: &Args, common: &Common) -> Outcome {
    let notes = || playback.sessions().iter().map(|session| &session.notes);
    let broken: u64 = notes().map(|notes| notes.broken_lines).sum();
    let gaps: u64 = notes().map(|notes| notes.sequence_gaps).sum();
    let lines: u64 = notes().map(|notes| notes.lines).sum();
    let unknown: u64 = notes().map(|notes| notes.unknown_fields).sum();
    let bytes = std::fs::metadata(&args.out).map_or(0, |metadata| metadata.len());
    if common.json {
        let broken_lines: Vec<_> = playback
            .sessions()
            .iter()
            .flat_map(|session| {
                session.notes.broken.iter().map(|broken| {
                    serde_json::json!({
                        "file": session.path, "line": broken.line, "reason": broken.reason,
                    })
                })
            })
            .collect();
        let object = serde_json::json!({
            "schema_version": 1,
            "tape": args.out,
            "events": events,
            "lines": lines,
            "unparsable_lines": broken,
            "broken_lines": broken_lines,
            "sequence_gaps": gaps,
            "unknown_fields": unknown,
            "untrusted_seconds": playback.trust().untrusted_seconds(),
            "markets": playback.markets().len(),
            "bytes": bytes,
        });
        emit(&format!("{object}\n"))?;
        return Ok(Exit::Ok);
    }
    let mut text = format!(
        "{}: {events} events of {} markets from {lines} lines in {} files, {bytes} bytes\n",
        args.out.display(),
        playback.markets().len(),
        playback.sessions().len(),
    );
    text.push_str(&format!(
        "unreadable lines {broken}, sequence gaps {gaps}, untrusted {:.1} s, unknown fields {unknown}\n",
        playback.trust().untrusted_seconds()
    ));
    for session in playback.sessions() {
        for broken in &session.notes.broken {
            text.push_str(&format!(
                "  {}:{}: {}\n",
                session.path.display(),
                broken.line,
                broken.reason
            ));
        }
    }
    emit(&text)?;
    Ok(Exit::Ok)
}
