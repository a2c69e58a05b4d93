//! What reports of a landing are worth together (model.md 2.2).
//!
//! A plan is learned from those who make it, so that reports of one may all go back to one leak: they are
//! pooled as copies. A landing is seen: publishers who report it plainly, each in words of his own, are
//! witnesses, and their evidence adds up. Whoever repeats another's words, or hedges, and pages that
//! copy each other, remain copies.

use statecraft_domain::signal::Assertion;

use super::evidence::{SAME_STORY, pool};
use super::schedule::{Said, state_of};
use super::story::{Report, is_copyist};

/// Is it a landing that this slug speaks of?
pub(super) fn is_landing(slug: &str) -> bool {
    state_of(slug).is_some_and(|(said, _)| matches!(said, Said::Occurred | Said::Stopover))
}

/// Evidence of a landing: of each report with its signed weight. Bit for bit the same in any order.
pub(super) fn landing(told: &[(&Report, f64)]) -> f64 {
    let denials: Vec<f64> = told.iter().map(|(_, llr)| *llr).filter(|llr| *llr < 0.0).collect();
    let asserted = told.iter().filter(|(_, llr)| *llr > 0.0);
    let (seen, copied): (Vec<_>, Vec<_>) = asserted.partition(|(report, _)| is_witness(report));
    let mut witnesses: Vec<f64> = voices(&seen).iter().map(|llrs| as_copies(llrs)).collect();
    witnesses.sort_by(|one, other| other.total_cmp(one));
    let seen: f64 = witnesses.iter().sum();
    let copied = as_copies(&copied.iter().map(|(_, llr)| *llr).collect::<Vec<_>>());
    // What is stronger counts in full, the other as its copy.
    seen.max(copied) + seen.min(copied) * (1.0 - SAME_STORY) + as_copies(&denials)
}

fn is_witness(report: &Report) -> bool {
    let plain = matches!(report.assertion, Assertion::Asserted | Assertion::Confirmed);
    plain && !is_copyist(report.class)
}

/// Finite by construction: nothing to refuse.
fn as_copies(llrs: &[f64]) -> f64 {
    pool(llrs, SAME_STORY).unwrap_or(0.0)
}

/// The evidence of each who saw it: reports of one publisher, or in the same words, are one voice.
fn voices(seen: &[&(&Report, f64)]) -> Vec<Vec<f64>> {
    let mut voices: Vec<Vec<&(&Report, f64)>> = Vec::new();
    for &one in seen {
        let same = |voice: &Vec<&(&Report, f64)>| voice.iter().any(|other| one.0.echoes(other.0));
        let (alike, mut others): (Vec<_>, Vec<_>) = voices.into_iter().partition(same);
        let mut voice: Vec<_> = alike.into_iter().flatten().collect();
        voice.push(one);
        others.push(voice);
        voices = others;
    }
    voices.iter().map(|voice| voice.iter().map(|(_, llr)| *llr).collect()).collect()
}
