//! From which probability on a text is taken for an order to a model: a rule, from rows held out.

use super::HeldOut;

/// At most this part of the harmless texts with words of orders may be taken for orders: half of what is asked.
const ALARMS: f32 = 0.005;
/// At most this part of the jailbreaks may be missed.
const MISSED: f32 = 0.03;

/// Doubt and harm for long texts, then for short ones.
///
/// Harm begins halfway between where enough jailbreaks are found and where too many harmless texts would be; where there
/// is no such room, false alarms decide. Jailbreaks are long, so for short texts there is only the second. Doubt begins at half.
pub(super) fn of_injection(held_out: &[HeldOut]) -> Vec<f32> {
    let harmless = |is_short: bool| {
        let rows = held_out.iter().filter(|row| row.label == 0 && row.has_trigger);
        rows.filter(|row| row.is_short == is_short).map(|row| row.probabilities[1]).collect()
    };
    let jailbreaks = held_out.iter().filter(|row| row.label == 1 && row.kind == "jailbreak" && !row.is_short);
    let least = above(harmless(false));
    let most = reached(jailbreaks.map(|row| row.probabilities[1]).collect());
    let long = if most > least { digits(middle(least, most)) } else { least };
    let short = above(harmless(true)).max(long);
    vec![long / 2.0, long, short / 2.0, short]
}

/// The least probability that few enough of the `harmless` reach.
fn above(mut harmless: Vec<f32>) -> f32 {
    harmless.sort_by(|one, other| other.total_cmp(one));
    let allowed = (harmless.len() as f32 * ALARMS) as usize;
    harmless.get(allowed).map_or(0.5, |probability| digits(*probability))
}

/// The greatest probability that enough of the `harmful` reach.
fn reached(mut harmful: Vec<f32>) -> f32 {
    harmful.sort_by(f32::total_cmp);
    let missed = (harmful.len() as f32 * MISSED) as usize;
    harmful.get(missed).copied().unwrap_or_default()
}

/// Halfway between two probabilities, as evidence goes.
fn middle(one: f32, other: f32) -> f32 {
    let evidence = |probability: f32| {
        let probability = probability.clamp(0.001, 0.999);
        (probability / (1.0 - probability)).ln()
    };
    1.0 / (1.0 + (-f32::midpoint(evidence(one), evidence(other))).exp())
}

/// `probability` up to the next of two digits.
fn digits(probability: f32) -> f32 {
    (((probability * 100.0).floor() + 1.0) / 100.0).min(0.99)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(label: usize, is_short: bool, probabilities: impl Iterator<Item = f32>) -> Vec<HeldOut> {
        let row = |probability: f32| HeldOut {
            set: "attacks",
            label,
            kind: if label == 1 { "jailbreak" } else { "" }.to_owned(),
            probabilities: vec![1.0 - probability, probability],
            is_short,
            has_trigger: label == 0,
        };
        probabilities.map(row).collect()
    }

    /// So many that two may be above, and these are.
    fn harmless(is_short: bool, highest: f32) -> Vec<HeldOut> {
        rows(0, is_short, (0..400).map(|row| if row < 2 { 0.999 } else { highest }))
    }

    #[test]
    fn harm_begins_between_harmless_texts_and_jailbreaks() {
        let jailbreaks = rows(1, false, (0..100).map(|row| if row < 3 { 0.01 } else { 0.895 }));
        let told = of_injection(&[harmless(false, 0.1), harmless(true, 0.7), jailbreaks].concat());
        assert_eq!(told, [0.255, 0.51, 0.355, 0.71]);
    }

    #[test]
    fn false_alarms_decide_where_there_is_no_room() {
        let jailbreaks = rows(1, false, (0..100).map(|_| 0.3));
        let told = of_injection(&[harmless(false, 0.6), harmless(true, 0.2), jailbreaks].concat());
        assert_eq!(told, [0.305, 0.61, 0.305, 0.61]);
        assert_eq!(of_injection(&[]), [0.25, 0.5, 0.25, 0.5]);
    }
}
