//! Event stream v1 of the benchmarks: a deterministic binary book, integer arithmetic only, seed
//! 20260101. The same rows as the generator of the benchmark writes, made in memory.

const BID: usize = 0;
const ASK: usize = 1;

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) nanos: i64,
    /// Delta (the level's new size) or trade.
    pub(crate) trade: bool,
    /// Bid side, or a buying aggressor.
    pub(crate) bid: bool,
    pub(crate) cents: u16,
    pub(crate) contracts: i32,
}

struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: i64) -> i64 {
        i64::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }
}

struct Generator<F> {
    rng: SplitMix,
    /// By side and price in cents.
    book: [[i64; 101]; 2],
    nanos: i64,
    deltas: u64,
    sink: F,
}

/// Feeds `deltas` book changes, and the trades among them, to `sink`.
pub(crate) fn generate(deltas: u64, sink: impl FnMut(Row)) {
    let mut generator = Generator {
        rng: SplitMix(20_260_101),
        book: [[0; 101]; 2],
        nanos: 1_767_225_600_000_000_000,
        deltas: 0,
        sink,
    };
    generator.open();
    while generator.deltas < deltas {
        generator.step();
    }
}

impl<F: FnMut(Row)> Generator<F> {
    fn open(&mut self) {
        for depth in 0..30 {
            let size = self.size();
            self.set(BID, 49 - depth, size);
            let size = self.size();
            self.set(ASK, 51 + depth, size);
        }
    }

    fn best_bid(&self) -> i64 {
        (1..100).rev().find(|&p| self.at(BID, p) > 0).unwrap_or(0)
    }

    fn best_ask(&self) -> i64 {
        (1..100).find(|&p| self.at(ASK, p) > 0).unwrap_or(100)
    }

    fn at(&self, side: usize, cents: i64) -> i64 {
        self.book[side][usize::try_from(cents).unwrap()]
    }

    fn row(&mut self, trade: bool, bid: bool, cents: i64, contracts: i64) {
        self.nanos += 1_000;
        (self.sink)(Row {
            nanos: self.nanos,
            trade,
            bid,
            cents: u16::try_from(cents).unwrap(),
            contracts: i32::try_from(contracts).unwrap(),
        });
    }

    fn set(&mut self, side: usize, cents: i64, contracts: i64) {
        self.book[side][usize::try_from(cents).unwrap()] = contracts;
        self.deltas += 1;
        self.row(false, side == BID, cents, contracts);
    }

    /// Skewed: many small, few large, 5..=2004.
    fn size(&mut self) -> i64 {
        let a = self.rng.below(2000) + 1;
        let b = self.rng.below(2000) + 1;
        5 + a * b / 2000
    }

    fn wait(&mut self) {
        self.nanos += if self.rng.below(4) == 0 {
            1_000 + self.rng.below(99_000)
        } else {
            let a = self.rng.below(10_000) + 1;
            let b = self.rng.below(10_000) + 1;
            a * b * 2 + 1_000
        };
    }

    fn step(&mut self) {
        self.wait();
        let (bid, ask) = (self.best_bid(), self.best_ask());
        let dice = self.rng.below(1000);
        if dice < 50 {
            self.trade(bid, ask);
        } else if dice < 90 {
            self.move_touch(bid, ask);
        } else if dice < 130 && ask - bid > 1 {
            let size = self.size();
            if self.rng.below(2) == 0 {
                self.set(BID, bid + 1, size);
            } else {
                self.set(ASK, ask - 1, size);
            }
        } else {
            self.work_depth(bid, ask);
        }
    }

    fn trade(&mut self, bid: i64, ask: i64) {
        let buys = self.rng.below(2) == 0;
        let (side, cents) = if buys { (ASK, ask) } else { (BID, bid) };
        let have = self.at(side, cents);
        let lone = self.book[side].iter().filter(|&&q| q > 0).count() <= 2;
        let mut quantity = (1 + self.rng.below(200)).min(have);
        if lone && quantity >= have {
            quantity = (have - 1).max(0);
        }
        if quantity > 0 {
            self.row(true, buys, cents, quantity);
            self.set(side, cents, have - quantity);
        }
    }

    fn move_touch(&mut self, bid: i64, ask: i64) {
        let pull = (bid + ask - 100) / 6;
        let up = self.rng.below(100) < 50 - pull;
        if up && ask < 92 {
            self.set(ASK, ask, 0);
            if self.best_ask() == 100 {
                let size = self.size();
                self.set(ASK, ask + 1, size);
            }
            if self.rng.below(8) != 0 {
                let size = self.size();
                self.set(BID, bid + 1, size);
            }
        } else if !up && bid > 8 {
            self.set(BID, bid, 0);
            if self.best_bid() == 0 {
                let size = self.size();
                self.set(BID, bid - 1, size);
            }
            if self.rng.below(8) != 0 {
                let size = self.size();
                self.set(ASK, ask - 1, size);
            }
        }
    }

    fn work_depth(&mut self, bid: i64, ask: i64) {
        let depth = self.rng.below(20) * self.rng.below(20) / 20;
        let side = if self.rng.below(2) == 0 { BID } else { ASK };
        let cents = if side == BID { bid - depth } else { ask + depth };
        if !(1..=99).contains(&cents) {
            return;
        }
        let cancel = depth > 0 && self.rng.below(6) == 0 && self.at(side, cents) > 0;
        let size = if cancel { 0 } else { self.size() };
        self.set(side, cents, size);
    }
}
