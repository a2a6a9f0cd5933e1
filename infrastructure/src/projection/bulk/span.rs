//! Which tickets and users a worker takes at a time.

use uuid::Uuid;

/// A worker's share of all tickets and users, or a part of it: so many at a time as fit into memory.
///
/// Everybody has a place between 0 and 2^32 by hash, the same in every pass over the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    worker: u64,
    workers: u64,
    from: u64,
    to: u64,
    /// Up to here an earlier pass already handed over the rows that no later event changes.
    pub(super) handed_over: i64,
}

const PLACES: u64 = 1 << 32;

impl Span {
    /// The whole share of one of so many workers.
    pub(super) fn share(worker: usize, workers: usize) -> Self {
        let number = |n: usize| u64::try_from(n).expect("few workers");
        Self { worker: number(worker), workers: number(workers), from: 0, to: PLACES, handed_over: 0 }
    }

    /// Whether `entity` is in it.
    pub(super) fn holds(self, entity: Uuid) -> bool {
        let mixed = mix(entity);
        let place = mixed >> 32;
        (mixed & 0xFFFF_FFFF) % self.workers == self.worker && (self.from..self.to).contains(&place)
    }

    /// Its first half, and the second for another pass, of whom everything up to `position` was taken; none
    /// if there is nothing left to halve.
    pub(super) fn halved(self, position: i64) -> Option<(Self, Self)> {
        let middle = self.from.midpoint(self.to);
        let halves = (Self { to: middle, ..self }, Self { from: middle, ..self });
        let handed_over = position.max(self.handed_over);
        (middle > self.from).then_some((halves.0, Self { handed_over, ..halves.1 }))
    }
}

/// Spreads ids, which begin with the time and end with little chance, evenly.
fn mix(id: Uuid) -> u64 {
    let (high, low) = id.as_u64_pair();
    let mut mixed = high.rotate_left(32) ^ low;
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53_u64] {
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(factor);
    }
    mixed ^ (mixed >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_in_exactly_one_part() {
        let (first, second) = (Span::share(0, 2), Span::share(1, 2));
        let (upper, later) = first.halved(10).expect("halves");
        let (uppermost, latest) = upper.halved(20).expect("halves");
        assert_eq!((later.handed_over, latest.handed_over, uppermost.handed_over), (10, 20, 0));
        let parts = [second, later, latest, uppermost];
        let mut sizes = [0; 4];
        for _ in 0..4_000 {
            let id = Uuid::now_v7();
            let holders: Vec<usize> = (0..4).filter(|n| parts[*n].holds(id)).collect();
            assert_eq!(holders.len(), 1, "{id}");
            sizes[holders[0]] += 1;
        }
        let share = |n: usize, of: i32| (of - of / 4..of + of / 4).contains(&sizes[n]);
        assert!(share(0, 2_000) && share(1, 1_000) && share(2, 500) && share(3, 500), "{sizes:?}");
    }
}
