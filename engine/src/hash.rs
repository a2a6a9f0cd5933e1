//! Hashes and chance that are the same on every machine.

/// The hash that a run of symbols begins with.
pub(crate) const START: u64 = 0xcbf2_9ce4_8422_2325;

/// `hash` with one more `symbol`.
pub(crate) fn step(hash: u64, symbol: u64) -> u64 {
    (hash ^ symbol).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23)
}

/// Spreads every bit of `hash` over all of them.
pub(crate) fn mix(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// The hash of `text`.
pub(crate) fn of(text: &str) -> u64 {
    mix(text.bytes().fold(START, |hash, byte| step(hash, u64::from(byte))))
}

/// A generator of numbers that look like chance and follow from its seed alone (`SplitMix64`).
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The generator of `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self(mix(seed ^ 0x9e37_79b9_7f4a_7c15))
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).expect("a count fits 64 bits");
        usize::try_from(self.next() % bound).expect("below a count")
    }

    /// Puts `items` into another order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
