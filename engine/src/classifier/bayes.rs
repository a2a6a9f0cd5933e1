//! Complement naive Bayes: what the other classes say least.

use super::Vector;
use super::linear::columns;

/// Trains in one pass by what the classes other than each say (Rennie et al. 2003): steady where classes are of unequal size.
#[derive(Debug, Clone, Copy)]
pub struct ComplementNaiveBayes {
    /// What every bucket is counted more than it occurs.
    pub smoothing: f32,
    /// What the weights are multiplied by, to stand beside those of another training.
    pub scale: f32,
}

impl ComplementNaiveBayes {
    /// The weights, bucket by bucket for each column.
    pub(crate) fn train(
        self,
        buckets: usize,
        classes: usize,
        rows: &[Vector],
        labels: &[usize],
        emphasis: &[f32],
    ) -> Vec<f32> {
        let mut sums = vec![0.0_f32; buckets * classes];
        for ((row, label), emphasis) in rows.iter().zip(labels).zip(emphasis) {
            for (bucket, value) in row {
                sums[*bucket as usize * classes + label] += value * emphasis;
            }
        }
        let live = |bucket: &[f32]| bucket.iter().any(|sum| *sum > 0.0);
        let mut totals = vec![0.0_f64; classes];
        for bucket in sums.chunks(classes).filter(|bucket| live(bucket)) {
            let all: f32 = bucket.iter().sum::<f32>() + self.smoothing;
            totals.iter_mut().zip(bucket).for_each(|(total, own)| *total += f64::from(all - own));
        }
        let columns = columns(classes);
        let mut weights = vec![0.0; buckets * columns];
        for (bucket, out) in sums.chunks(classes).zip(weights.chunks_mut(columns)) {
            if live(bucket) {
                self.weigh(bucket, &totals, out);
            }
        }
        weights
    }

    fn weigh(self, bucket: &[f32], totals: &[f64], out: &mut [f32]) {
        let all: f32 = bucket.iter().sum::<f32>() + self.smoothing;
        let by_class: Vec<f32> =
            bucket.iter().zip(totals).map(|(own, total)| -((all - own) / *total as f32).ln()).collect();
        if out.len() == 1 {
            out[0] = self.scale * (by_class[1] - by_class[0]);
            return;
        }
        let mean = by_class.iter().sum::<f32>() / by_class.len() as f32;
        out.iter_mut().zip(&by_class).for_each(|(out, weight)| *out = self.scale * (weight - mean));
    }
}
