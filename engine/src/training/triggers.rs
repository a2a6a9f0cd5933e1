//! Harmless texts that use the words of orders to a model: what was learned of one such word must not help with the next.

use std::collections::BTreeMap;

use crate::text::{normalise, words};

/// How words that orders to a model are full of begin.
const TRIGGERS: [&str; 32] = [
    "answer",
    "assistant",
    "bypass",
    "censor",
    "character",
    "command",
    "developer",
    "disregard",
    "execut",
    "fiction",
    "forget",
    "hack",
    "hypothetical",
    "ignor",
    "imagin",
    "inject",
    "instruct",
    "jailbr",
    "override",
    "pretend",
    "prompt",
    "repeat",
    "respon",
    "restrict",
    "reveal",
    "role",
    "rule",
    "scenario",
    "secret",
    "system",
    "unethical",
    "unfilter",
];

/// The places of the triggers that `text` holds, rising.
fn triggers(text: &str) -> Vec<usize> {
    let plain = normalise(text);
    let mut held: Vec<usize> = words(&plain)
        .filter_map(|word| TRIGGERS.iter().position(|trigger| word.starts_with(trigger)))
        .collect();
    held.sort_unstable();
    held.dedup();
    held
}

/// Whether `text` uses words of orders to a model.
pub(super) fn has_trigger(text: &str) -> bool {
    !triggers(text).is_empty()
}

/// `groups` of `texts`, but all groups of harmless ones (label 0) that hold the same trigger are one. Of several triggers
/// the one counts that the fewest texts hold, so that no group takes in all others.
pub(super) fn join_triggers(texts: &[&str], labels: &[usize], groups: &[usize]) -> Vec<usize> {
    let mut held = [0_usize; TRIGGERS.len()];
    let mut of_group: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for ((text, group), _) in texts.iter().zip(groups).zip(labels).filter(|(_, label)| **label == 0) {
        for trigger in triggers(text) {
            held[trigger] += 1;
            of_group.entry(*group).or_default().push(trigger);
        }
    }
    let rarest = |group| of_group.get(group)?.iter().min_by_key(|trigger| (held[**trigger], **trigger));
    groups.iter().map(|group| rarest(group).map_or(*group, |trigger| texts.len() + trigger)).collect()
}
