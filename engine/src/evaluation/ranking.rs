//! Orders against what is true.

use super::verdicts::part;

/// How likely it is that something true stands before something false (area under the ROC curve); equal scores count half.
/// None without both.
#[must_use]
pub fn area_under_curve(scored: &[(f32, bool)]) -> Option<f64> {
    let mut scored = scored.to_vec();
    scored.sort_by(|one, other| one.0.total_cmp(&other.0));
    let positive = scored.iter().filter(|(_, is_true)| *is_true).count();
    let negative = scored.len() - positive;
    if positive == 0 || negative == 0 {
        return None;
    }
    let (mut below, mut wins) = (0_usize, 0.0);
    for run in scored.chunk_by(|one, next| one.0.total_cmp(&next.0).is_eq()) {
        let own = run.iter().filter(|(_, is_true)| *is_true).count();
        let others = run.len() - own;
        wins += own as f64 * (below as f64 + others as f64 / 2.0);
        below += others;
    }
    Some(wins / (positive as f64 * negative as f64))
}

/// Where the right answer stood, query by query.
#[derive(Debug, Clone, Default)]
pub struct Ranking(Vec<Option<usize>>);

impl Ranking {
    /// Counts a query whose right answer stood at `place`, from 1; None if it was not found.
    pub fn add(&mut self, place: Option<usize>) {
        self.0.push(place);
    }

    /// The mean of one by the place (mean reciprocal rank).
    #[must_use]
    pub fn mrr(&self) -> f64 {
        let sum: f64 = self.0.iter().flatten().map(|place| 1.0 / *place as f64).sum();
        sum / self.0.len().max(1) as f64
    }

    /// Which part of the queries has its answer among the first `k`.
    #[must_use]
    pub fn hit_at(&self, k: usize) -> f64 {
        part(self.0.iter().flatten().filter(|place| **place <= k).count(), self.0.len())
    }
}
