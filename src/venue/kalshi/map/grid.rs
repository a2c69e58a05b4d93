//! Which price grid a market has when nobody says: the coarsest of the venue's structures (reference
//! 1.5) that contains every price seen so far.

use std::sync::LazyLock;

use statecraft_domain::{Price, TickBand, TickGrid};

/// `(end, step)` of each band in 1/10,000 dollar; the first band starts at zero.
type Bands = &'static [(u16, u16)];

/// The venue's price level structures from coarse to fine (by how many prices they allow).
const STRUCTURES: [Bands; 12] = [
    &[(10_000, 100)],                           // linear_cent
    &[(1_000, 50), (9_000, 100), (10_000, 50)], // center_whole_edge_half_cent
    &[(1_000, 20), (9_000, 100), (10_000, 20)], // center_whole_edge_quint_cent
    &[(10_000, 50)],                            // center_half_edge_half_cent
    &[(1_000, 20), (9_000, 50), (10_000, 20)],  // center_half_edge_quint_cent
    &[(1_000, 10), (9_000, 100), (10_000, 10)], // tapered_deci_cent
    &[(1_000, 10), (9_000, 50), (10_000, 10)],  // center_half_edge_deci_cent
    &[(10_000, 20)],                            // center_quint_edge_quint_cent
    &[(1_000, 10), (9_000, 20), (10_000, 10)],  // center_quint_edge_deci_cent
    &[(10_000, 10)],                            // deci_cent
    &[(100, 1), (9_900, 10), (10_000, 1)],      // center_deci_edge_centi_cent
    &[(10_000, 1)],                             // center_centi_edge_centi_cent
];

/// For each price, which structures allow it, as a set of bits.
static ALLOWED_BY: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let grids: Vec<_> = STRUCTURES.iter().map(|bands| grid_of(bands)).collect();
    let sets = (0..=10_000).filter_map(Price::from_e4).map(|price| {
        let allows = |grid: &TickGrid| grid.allows(price) || !price.is_inside();
        (0..).zip(&grids).fold(0, |set, (bit, grid)| set | (u16::from(allows(grid)) << bit))
    });
    sets.collect()
});

fn grid_of(bands: Bands) -> TickGrid {
    let mut start = 0;
    let mut list = Vec::with_capacity(bands.len());
    for &(end, step) in bands {
        let price = |e4| Price::from_e4(e4).unwrap_or(Price::ONE);
        list.push(TickBand { start: price(start), end: price(end), step: price(step) });
        start = end;
    }
    TickGrid::new(list).unwrap_or_else(|_| TickGrid::cents())
}

/// The structures that all prices so far allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SeenPrices(u16);

impl SeenPrices {
    /// Nothing seen: every structure is possible.
    pub(super) const NONE: Self = Self((1 << STRUCTURES.len()) - 1);

    /// One more price; zero and one dollar (no quote) say nothing.
    pub(super) fn with(self, price: Price) -> Self {
        Self(self.0 & ALLOWED_BY.get(usize::from(price.e4())).copied().unwrap_or(u16::MAX))
    }

    /// The coarsest grid that is possible.
    pub(super) fn grid(self) -> TickGrid {
        let index = self.0.trailing_zeros() as usize;
        STRUCTURES.get(index).map_or_else(TickGrid::cents, |bands| grid_of(bands))
    }

    /// Would [`Self::grid`] differ?
    pub(super) const fn coarsest(self) -> u32 {
        self.0.trailing_zeros()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Price {
        text.parse().unwrap()
    }

    #[test]
    fn structures_run_from_coarse_to_fine() {
        let counts: Vec<_> = STRUCTURES
            .iter()
            .map(|bands| {
                let grid = grid_of(bands);
                (0..=10_000).filter_map(Price::from_e4).filter(|&p| grid.allows(p)).count()
            })
            .collect();
        assert!(counts.is_sorted(), "{counts:?}");
        assert_eq!((counts[0], counts[11]), (99, 9_999));
    }

    #[test]
    fn the_grid_is_the_coarsest_that_contains_what_was_seen() {
        let check = |seen: &[&str], step_at: &[(&str, bool)]| {
            let grid = seen.iter().fold(SeenPrices::NONE, |set, text| set.with(price(text))).grid();
            for text in seen.iter().filter(|text| price(text).is_inside()) {
                assert!(grid.allows(price(text)), "{seen:?} must allow {text}");
            }
            for (text, allowed) in step_at {
                assert_eq!(grid.allows(price(text)), *allowed, "{seen:?} and {text}");
            }
        };
        check(&[], &[("0.01", true), ("0.005", false)]);
        check(&["0.47", "0", "1"], &[("0.99", true), ("0.475", false)]);
        check(&["0.055"], &[("0.005", true), ("0.505", false)]);
        check(&["0.055", "0.505"], &[("0.001", false), ("0.995", true)]);
        check(&["0.001"], &[("0.999", true), ("0.101", false)]);
        check(&["0.001", "0.372"], &[("0.374", true), ("0.373", false)]);
        check(&["0.001", "0.371"], &[("0.373", true), ("0.0001", false)]);
        check(&["0.0001", "0.371"], &[("0.9999", true), ("0.3701", false)]);
        check(&["0.3701"], &[("0.0001", true)]);
    }
}
