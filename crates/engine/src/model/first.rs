//! Does this event come before others of the same run (model.md 1.9)?
//!
//! Every model says how likely its event is by any instant; along a grid of instants the joint
//! intensities share out who is first ([`first_along`]). Models are independent of each other given what
//! was heard: trips that visit both countries are not in it.

use statecraft_domain::{Nanos, Timestamp};

use super::estimate::Moment;
use super::hazard::HazardModel;
use super::outcomes::{Next, first_along};
use super::{Estimate, ModelError};
use crate::config::Horizon;
use statecraft_domain::Probability;

/// Cells of equal length between now and the deadline, besides the edges of calendar windows.
const CELLS: i64 = 24;

/// Probability that `own` comes first, each rival first, and none, by the horizon of `own`.
///
/// # Errors
/// [`ModelError`] if a model has no finite result.
pub fn race(
    own: &HazardModel,
    rivals: &[&HazardModel],
    horizon: Horizon,
    now: Timestamp,
) -> Result<Next, ModelError> {
    let all: Vec<(&HazardModel, Horizon)> = std::iter::once((own, horizon))
        .chain(rivals.iter().map(|rival| {
            (*rival, Horizon { start: rival.spec().window_start, deadline: horizon.deadline })
        }))
        .collect();
    if let Some(next) = over(&all, horizon, now) {
        return Ok(next);
    }
    let instants = instants(&all, horizon.deadline, now);
    let curves: Vec<Vec<f64>> = all
        .iter()
        .map(|(model, window)| model.survival_at(window.start, &instants, now))
        .collect::<Result<_, _>>()?;
    first_along(&curves).map_err(|_| ModelError::NotFinite)
}

/// What has been decided already: by what happened first, or by the deadline.
fn over(all: &[(&HazardModel, Horizon)], horizon: Horizon, now: Timestamp) -> Option<Next> {
    let happened = all.iter().map(|(model, window)| model.occurred(*window));
    let first = happened.enumerate().filter_map(|(index, at)| Some((at?, index))).min();
    if first.is_none() && now < horizon.deadline {
        return None;
    }
    let mut each = vec![0.0; all.len()];
    if let Some((at, _)) = first {
        // Of two on one day neither was before the other; the rival is given it.
        let last = all.iter().rposition(|(model, window)| model.occurred(*window) == Some(at));
        each.iter_mut().skip(last.unwrap_or(0)).take(1).for_each(|p| *p = 1.0);
    }
    Some(Next { none: if first.is_some() { 0.0 } else { 1.0 }, each })
}

/// Now, the deadline, and what lies between, ascending.
fn instants(
    all: &[(&HazardModel, Horizon)],
    deadline: Timestamp,
    now: Timestamp,
) -> Vec<Timestamp> {
    let cell = (deadline - now).get() / CELLS;
    let even = (0..CELLS).map(|index| now + Nanos::new(cell * index));
    let windows = all.iter().flat_map(|(model, _)| &model.spec().windows);
    let edges = windows.flat_map(|window| [window.start, window.end]);
    // Of two that are planned for one month, the days decide.
    let days = all.iter().flat_map(|(model, _)| model.planned_days());
    let mut instants: Vec<Timestamp> = even.chain(edges).chain(days).chain([deadline]).collect();
    instants.retain(|&at| now <= at && at <= deadline);
    instants.sort_unstable();
    instants.dedup();
    instants
}

/// The estimate of an event that must come first.
///
/// # Errors
/// As [`race`].
pub fn first(
    own: &HazardModel,
    rivals: &[&HazardModel],
    horizon: Horizon,
    now: Timestamp,
    alone: Estimate,
) -> Result<Estimate, ModelError> {
    let race = race(own, rivals, horizon, now)?;
    let p = race.each.first().copied().unwrap_or(0.0);
    let probability = Probability::clamped(p).map_err(|_| ModelError::NotFinite)?;
    Ok(Estimate { probability, ..alone })
}

impl HazardModel {
    /// The probability that the event has not happened by each of `instants`, as of `now`; it has not
    /// happened before.
    fn survival_at(
        &self,
        start: Timestamp,
        instants: &[Timestamp],
        now: Timestamp,
    ) -> Result<Vec<f64>, ModelError> {
        let mut left = 1.0_f64;
        let survival = |&deadline: &Timestamp| {
            if deadline > now.max(start) {
                let horizon = Horizon { start, deadline };
                let p = Moment { horizon, ..self.moment(now) }.probability().0;
                if !p.is_finite() {
                    return Err(ModelError::NotFinite);
                }
                // What is later is never likelier not to have happened.
                left = left.min(1.0 - p).max(f64::MIN_POSITIVE);
            }
            Ok(left)
        };
        instants.iter().map(survival).collect()
    }
}
