//! Texts that are about the same thing, by the words that they share.

use std::collections::{BTreeMap, BTreeSet};

use crate::retrieval::terms;

/// How much of what two texts say together both have to say, from 0 to 1, to be about the same thing.
const ALIKE: f32 = 0.34;

/// Groups `texts`: each group holds the places of those that are about what its first one is about, in their order; the largest group
/// first. Words that few texts have say more than words that many have; a text without any word is in no group.
#[must_use]
pub fn group(texts: &[&str]) -> Vec<Vec<usize>> {
    let terms: Vec<BTreeSet<String>> = texts.iter().map(|text| terms(text).into_iter().collect()).collect();
    let mut held: BTreeMap<&str, usize> = BTreeMap::new();
    for term in terms.iter().flatten() {
        *held.entry(term).or_default() += 1;
    }
    let rarity = |term: &str| {
        let held = held.get(term).copied().unwrap_or(1) as f32;
        (1.0 + texts.len() as f32 / held).ln()
    };
    let weight = |terms: &mut dyn Iterator<Item = &String>| terms.map(|term| rarity(term)).sum::<f32>();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (place, said) in terms.iter().enumerate().filter(|(_, said)| !said.is_empty()) {
        let alike = |group: &Vec<usize>| {
            let first = &terms[group[0]];
            weight(&mut said.intersection(first)) / weight(&mut said.union(first)).max(f32::MIN_POSITIVE)
        };
        let best = groups.iter().map(alike).enumerate().max_by(|one, other| one.1.total_cmp(&other.1));
        match best {
            Some((group, alike)) if alike >= ALIKE => groups[group].push(place),
            _ => groups.push(vec![place]),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_about_the_same_thing_are_together() {
        let texts = [
            "Printer on floor 3 jams",
            "VPN does not connect from home",
            "The printer jams again on floor 3",
            "...",
            "Cannot connect to the VPN from home",
            "Printer jam, third floor: printer on floor 3 jammed",
            "When is payday?",
        ];
        assert_eq!(group(&texts), [vec![0, 2, 5], vec![1, 4], vec![6]]);
        assert!(group(&[]).is_empty());
    }
}
