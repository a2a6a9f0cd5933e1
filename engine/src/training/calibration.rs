//! Scores as probabilities that hold: nine in ten of those at 0.9 are right.

use crate::classifier::{LinearModel, softmax};

/// What scores are multiplied by, and what is added for each class.
#[derive(Debug, Clone)]
pub(crate) struct Calibration {
    scale: f32,
    shift: Vec<f32>,
}

const STEPS: usize = 400;

impl Calibration {
    /// The one under which `scores`, held out, make their `labels` likeliest (vector scaling, by gradient with momentum).
    pub(crate) fn fit(scores: &[Vec<f32>], labels: &[usize], weights: &[f32]) -> Self {
        let classes = scores.first().map_or(2, Vec::len);
        let all: f32 = weights.iter().sum::<f32>().max(1.0);
        let unit = 1.0 / spread(scores);
        let mut fit = Self { scale: 2.0 * unit, shift: vec![0.0; classes] };
        let mut speed = vec![0.0_f32; classes + 1];
        for _ in 0..STEPS {
            let mut gradient = vec![0.0_f64; classes + 1];
            for ((scores, label), weight) in scores.iter().zip(labels).zip(weights) {
                for (class, probability) in fit.probabilities(scores).into_iter().enumerate() {
                    let miss = f64::from((probability - f32::from(u8::from(class == *label))) * weight);
                    gradient[class] += miss;
                    gradient[classes] += miss * f64::from(scores[class] * unit);
                }
            }
            for (place, speed) in speed.iter_mut().enumerate() {
                *speed = 0.9 * *speed - 0.5 * (gradient[place] / f64::from(all)) as f32;
                if place < classes {
                    fit.shift[place] += *speed;
                } else {
                    fit.scale = (fit.scale + *speed * unit).max(0.05 * unit);
                }
            }
        }
        fit
    }

    pub(crate) fn probabilities(&self, scores: &[f32]) -> Vec<f32> {
        let fitted: Vec<f32> =
            scores.iter().zip(&self.shift).map(|(score, shift)| score * self.scale + shift).collect();
        softmax(&fitted)
    }

    /// Writes it into the weights of `model`.
    pub(crate) fn apply(&self, model: &mut LinearModel) {
        model.weights.iter_mut().for_each(|weight| *weight *= self.scale);
        if model.columns() == 1 {
            model.bias[0] = model.bias[0] * self.scale + self.shift[1] - self.shift[0];
        } else {
            model
                .bias
                .iter_mut()
                .zip(&self.shift)
                .for_each(|(bias, shift)| *bias = *bias * self.scale + shift);
        }
    }
}

/// How far the scores of a row lie apart, in the mean (standard deviation).
fn spread(scores: &[Vec<f32>]) -> f32 {
    let deviation = |scores: &Vec<f32>| {
        let mean = scores.iter().sum::<f32>() / scores.len() as f32;
        (scores.iter().map(|score| (score - mean).powi(2)).sum::<f32>() / scores.len() as f32).sqrt()
    };
    (scores.iter().map(deviation).sum::<f32>() / scores.len().max(1) as f32).max(1e-6)
}
