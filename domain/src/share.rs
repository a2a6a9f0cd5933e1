//! Shares: parts of a whole from 0 to 1, such as how sure a model is, as events and answers give them.

/// `share` with three digits behind the point: more would say more than anybody knows, and differ from machine to machine.
#[must_use]
pub fn thousandths(share: impl Into<f64>) -> f64 {
    (share.into() * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_are_kept() {
        for (share, kept) in [(0.0, 0.0), (2.0 / 3.0, 0.667), (0.000_4, 0.0), (0.999_6, 1.0), (1.0, 1.0)] {
            assert!((thousandths(share) - kept).abs() < f64::EPSILON, "{share}: {}", thousandths(share));
        }
        assert!((thousandths(0.1_f32) - 0.1).abs() < f64::EPSILON);
    }
}
