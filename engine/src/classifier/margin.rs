//! Weights that keep the classes as far apart as they can (a linear support vector machine, one class against the rest).

use crate::hash::Chance;

use super::Vector;
use super::linear::columns;

/// Trains by dual coordinate descent on the squared hinge loss (Hsieh et al. 2008).
#[derive(Debug, Clone, Copy)]
pub struct MaximumMargin {
    /// What a mistake costs against large weights.
    pub cost: f32,
    /// How much of the imbalance between the classes is made up for: 0 none, 1 all.
    pub balance: f32,
    /// How often all rows are looked at.
    pub rounds: u32,
    /// Where the order of the rows comes from.
    pub seed: u64,
}

impl MaximumMargin {
    /// The weights, bucket by bucket for each column, and a bias for each column.
    pub(crate) fn train(
        self,
        buckets: usize,
        classes: usize,
        rows: &[Vector],
        labels: &[usize],
        emphasis: &[f32],
    ) -> (Vec<f32>, Vec<f32>) {
        let columns = columns(classes);
        let mut weights = vec![0.0; buckets * columns];
        let mut bias = Vec::with_capacity(columns);
        for column in 0..columns {
            let class = if columns == 1 { 1 } else { column };
            let is_of: Vec<bool> = labels.iter().map(|label| *label == class).collect();
            let (own, own_bias) = self.separate(buckets, rows, &is_of, emphasis);
            own.into_iter()
                .enumerate()
                .for_each(|(bucket, weight)| weights[bucket * columns + column] = weight);
            bias.push(own_bias);
        }
        (weights, bias)
    }

    /// Weights and bias that are positive where `is_of`.
    fn separate(self, buckets: usize, rows: &[Vector], is_of: &[bool], emphasis: &[f32]) -> (Vec<f32>, f32) {
        let within: f32 =
            is_of.iter().zip(emphasis).filter(|(is_of, _)| **is_of).map(|(_, weight)| weight).sum();
        let all: f32 = emphasis.iter().sum();
        let raise = |share: f32| (0.5 * all / share.max(1.0)).powf(self.balance);
        let costs = (raise(within), raise(all - within));
        let (mut weights, mut bias) = (vec![0.0_f32; buckets], 0.0_f32);
        let mut duals = vec![0.0_f32; rows.len()];
        let lengths: Vec<f32> =
            rows.iter().map(|row| 1.0 + row.iter().map(|(_, value)| value * value).sum::<f32>()).collect();
        let mut order: Vec<usize> = (0..rows.len()).collect();
        let mut chance = Chance::new(self.seed);
        for _ in 0..self.rounds {
            chance.shuffle(&mut order);
            for row in order.iter().copied() {
                let sign = if is_of[row] { 1.0 } else { -1.0 };
                let cost = self.cost * emphasis[row] * if is_of[row] { costs.0 } else { costs.1 };
                let slack = 0.5 / cost;
                let score: f32 =
                    rows[row].iter().map(|(bucket, value)| weights[*bucket as usize] * value).sum();
                let gradient = sign * (score + bias) - 1.0 + duals[row] * slack;
                let before = duals[row];
                duals[row] = (before - gradient / (lengths[row] + slack)).max(0.0);
                let step = (duals[row] - before) * sign;
                if step != 0.0 {
                    rows[row].iter().for_each(|(bucket, value)| weights[*bucket as usize] += step * value);
                    bias += step;
                }
            }
        }
        (weights, bias)
    }
}
