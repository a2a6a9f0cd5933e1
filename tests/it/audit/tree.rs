//! The tree's arithmetic against RFC 6962's recursive definitions, taken word by word.

use infrastructure::audit::tree::{
    Frontier, consistency, extends, fold, includes, inclusion, node, subtrees,
};
use infrastructure::log::Hash;
use proptest::prelude::*;
use ring::digest::{SHA256, digest};

fn sha256(bytes: &[u8]) -> Hash {
    digest(&SHA256, bytes).as_ref().try_into().expect("32 bytes")
}

fn leaves(size: u64) -> Vec<Hash> {
    (0..size).map(|leaf| sha256(&leaf.to_be_bytes())).collect()
}

fn split(size: usize) -> usize {
    let mut middle = 1;
    while middle * 2 < size {
        middle *= 2;
    }
    middle
}

/// MTH(D[n]), section 2.1.
fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(b""),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(&mth(left), &mth(right))
        }
    }
}

/// PATH(m, D[n]), section 2.1.1.
fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut below, beside) = match index.checked_sub(left.len()) {
        None => (path(index, left), mth(right)),
        Some(index) => (path(index, right), mth(left)),
    };
    below.push(beside);
    below
}

/// SUBPROOF(m, D[n], b), section 2.1.2.
fn subproof(from: usize, leaves: &[Hash], is_whole: bool) -> Vec<Hash> {
    if from == leaves.len() {
        return if is_whole { Vec::new() } else { vec![mth(leaves)] };
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut below, beside) = match from.checked_sub(left.len()).filter(|from| *from > 0) {
        None => (subproof(from, left, is_whole), mth(right)),
        Some(from) => (subproof(from, right, false), mth(left)),
    };
    below.push(beside);
    below
}

/// The hashes that the ranges of a path stand for.
fn hashes(path: &[std::ops::Range<u64>], leaves: &[Hash]) -> Vec<Hash> {
    let at = |number: u64| usize::try_from(number).expect("small");
    path.iter().map(|range| mth(&leaves[at(range.start)..at(range.end)])).collect()
}

fn size_and_two_below() -> impl Strategy<Value = (u64, u64, u64)> {
    (1u64..700).prop_flat_map(|size| (Just(size), 0..size, 1..=size))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_frontier_has_the_root_of_all_its_leaves(size in 0u64..700) {
        let leaves = leaves(size);
        let mut frontier = Frontier::default();
        let mut completed = 0u64;
        for leaf in &leaves {
            frontier.push(*leaf, |_, _| completed += 1);
        }
        prop_assert_eq!(frontier.root(), mth(&leaves));
        prop_assert_eq!(completed, size - u64::from(size.count_ones()));
        let roots: Vec<Hash> = subtrees(0..size)
            .iter()
            .map(|subtree| mth(&hashes_of(&leaves, subtree.level, subtree.index)))
            .collect();
        prop_assert_eq!(fold(&roots), mth(&leaves));
        prop_assert_eq!(Frontier::new(size, roots), Some(frontier));
    }

    #[test]
    fn inclusion_is_proved_as_in_the_rfc((size, index, _) in size_and_two_below(), other in any::<[u8; 32]>()) {
        let leaves = leaves(size);
        let at = usize::try_from(index).expect("small");
        let path_here = hashes(&inclusion(index, size), &leaves);
        prop_assert_eq!(&path_here, &path(at, &leaves));
        let root = mth(&leaves);
        prop_assert!(includes(&leaves[at], index, size, &path_here, &root));
        prop_assert!(!includes(&other, index, size, &path_here, &root));
        prop_assert!(!includes(&leaves[at], index, size, &path_here, &other));
        prop_assert!(!includes(&leaves[at], size, size, &path_here, &root));
        let mut longer = path_here.clone();
        longer.push(other);
        prop_assert!(!includes(&leaves[at], index, size, &longer, &root));
        for skipped in 0..path_here.len() {
            let mut shorter = path_here.clone();
            shorter.remove(skipped);
            prop_assert!(!includes(&leaves[at], index, size, &shorter, &root));
        }
    }

    #[test]
    fn consistency_is_proved_as_in_the_rfc((to, _, from) in size_and_two_below(), other in any::<[u8; 32]>()) {
        let leaves = leaves(to);
        let at = usize::try_from(from).expect("small");
        let path_here = hashes(&consistency(from, to), &leaves);
        prop_assert_eq!(&path_here, &subproof(at, &leaves, true));
        let (old, new) = (mth(&leaves[..at]), mth(&leaves));
        prop_assert!(extends(from, &old, to, &new, &path_here));
        prop_assert!(!extends(from, &other, to, &new, &path_here));
        prop_assert!(!extends(from, &old, to, &other, &path_here));
        prop_assert!(!extends(0, &old, to, &new, &path_here));
        for skipped in 0..path_here.len() {
            let mut shorter = path_here.clone();
            shorter.remove(skipped);
            prop_assert!(!extends(from, &old, to, &new, &shorter));
        }
    }
}

fn hashes_of(leaves: &[Hash], level: u32, index: u64) -> Vec<Hash> {
    let first = usize::try_from(index << level).expect("small");
    leaves[first..first + (1 << level)].to_vec()
}

/// Heads of exports that say they begin where they do not.
#[test]
fn a_frontier_has_as_many_roots_as_its_size_has_ones() {
    assert!(Frontier::new(5, vec![[0; 32]; 2]).is_some());
    assert!(Frontier::new(5, vec![[0; 32]; 3]).is_none());
    assert_eq!(Frontier::new(0, Vec::new()).map(|frontier| frontier.root()), Some(sha256(b"")));
}
