//! What reports of a landing are worth together (model.md 2.2).
//!
//! A plan is learned from those who make it, so that reports of one may all go back to one leak: they are
//! pooled as copies. A landing is seen: publishers who report it plainly, each in words of his own and on
//! nobody's credit, are witnesses, and their evidence adds up. Whoever repeats another's account adds nothing
//! to it; who hedges, and pages that copy each other, remain copies.

use statecraft_domain::signal::Assertion;

use super::evidence::{SAME_STORY, pool};
use super::schedule::{Said, state_of};
use super::story::{Report, is_copyist};

/// Choices tried for the witnesses of one story; beyond them, what is left counts as one voice.
const TRIES_MAX: u32 = 4_096;
/// Witnesses told apart: no story holds more reports.
const SEEN_MAX: usize = 64;

/// Is it something that is seen to have happened, and not planned?
pub(super) fn is_seen(slug: &str) -> bool {
    state_of(slug).is_some_and(|(said, _)| matches!(said, Said::Occurred | Said::Gone))
}

/// Evidence of a landing: of each report with its signed weight. Bit for bit the same in any order.
pub(super) fn landing(told: &[(&Report, f64)]) -> f64 {
    let denials: Vec<f64> = told.iter().map(|(_, llr)| *llr).filter(|llr| *llr < 0.0).collect();
    let asserted = told.iter().filter(|(_, llr)| *llr > 0.0);
    let (seen, copied): (Vec<_>, Vec<_>) = asserted.partition(|(report, _)| is_witness(report));
    let seen: f64 = witnesses(&seen).iter().sum();
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

/// The evidence of the witnesses, strongest first: of those reports, no two of which are one account, that
/// are worth most together. One more report never takes any away.
fn witnesses(seen: &[&(&Report, f64)]) -> Vec<f64> {
    let seen = seen.get(..SEEN_MAX).unwrap_or(seen);
    let weights: Vec<f64> = seen.iter().map(|(_, llr)| *llr).collect();
    let echoed = |one: &(&Report, f64)| {
        let echoes = |(at, other): (usize, &&(&Report, f64))| {
            let same = std::ptr::eq(one.0, other.0);
            if !same && one.0.echoes(other.0) { 1_u64 << at } else { 0 }
        };
        seen.iter().enumerate().map(echoes).fold(0, |all, bit| all | bit)
    };
    let echoes: Vec<u64> = seen.iter().map(|one| echoed(one)).collect();
    let all = if seen.len() >= SEEN_MAX { u64::MAX } else { (1_u64 << seen.len()) - 1 };
    let mut choice = Choice { weights, echoes, tries: 0 };
    choice.of_each(all)
}

/// An independent set of greatest weight: exact, by components and branches.
struct Choice {
    weights: Vec<f64>,
    /// By report, those of the same account.
    echoes: Vec<u64>,
    tries: u32,
}

impl Choice {
    /// The best of every connected part of these.
    fn of_each(&mut self, mut left: u64) -> Vec<f64> {
        let mut best = Vec::new();
        while left != 0 {
            let part = self.part(left);
            best.extend(self.of_part(part));
            left &= !part;
        }
        best.sort_by(|one, other| other.total_cmp(one));
        best
    }

    /// The first of these and all that hangs together with it.
    fn part(&self, among: u64) -> u64 {
        let mut part = among & among.wrapping_neg();
        loop {
            let near = members(part).fold(part, |near, at| near | self.echoes_of(at)) & among;
            if near == part {
                return part;
            }
            part = near;
        }
    }

    fn of_part(&mut self, part: u64) -> Vec<f64> {
        let linked = |at: &usize| (self.echoes_of(*at) & part).count_ones();
        let Some(hub) = members(part).max_by_key(linked) else { return Vec::new() };
        let (rest, near) = (part & !(1 << hub), self.echoes_of(hub) & part);
        if near == 0 {
            return vec![self.weight(hub)];
        }
        self.tries += 1;
        // Each the same account as every other.
        let strongest = members(part).map(|at| self.weight(at)).fold(0.0, f64::max);
        let all_alike = members(part).all(|at| part & !(1 << at) & !self.echoes_of(at) == 0);
        if all_alike || self.tries > TRIES_MAX {
            return vec![strongest];
        }
        let without = self.of_each(rest);
        let mut with = self.of_each(rest & !near);
        with.push(self.weight(hub));
        with.sort_by(|one, other| other.total_cmp(one));
        if with.iter().sum::<f64>() > without.iter().sum() { with } else { without }
    }

    fn weight(&self, at: usize) -> f64 {
        self.weights.get(at).copied().unwrap_or_default()
    }

    fn echoes_of(&self, at: usize) -> u64 {
        self.echoes.get(at).copied().unwrap_or_default()
    }
}

fn members(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = set.trailing_zeros();
        (at < 64).then(|| {
            set &= set - 1;
            at as usize
        })
    })
}
