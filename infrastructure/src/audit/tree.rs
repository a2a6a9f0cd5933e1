//! The Merkle tree over the log's leaf hashes (RFC 6962): roots, inclusion and consistency paths, and checking
//! them. Pure: hashes in, hashes out.
//!
//! A leaf's index is its position less one; a node is `SHA-256(0x01 || left || right)`.

use std::ops::Range;

use ring::digest::{Context, SHA256, digest};

use crate::log::Hash;

/// A complete subtree: the 2^level leaves from `index` · 2^level on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subtree {
    /// How many levels it has above its leaves.
    pub level: u32,
    /// Which of the subtrees of its level, from 0.
    pub index: u64,
}

/// The roots of the complete subtrees that a tree is made of, the largest first: all that is needed to add
/// leaves and to know the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    /// The frontier of a tree of `size` leaves; none unless there is a root for every one in `size`'s binary form.
    #[must_use]
    pub fn new(size: u64, roots: Vec<Hash>) -> Option<Self> {
        (roots.len() == usize::try_from(size.count_ones()).unwrap_or_default())
            .then_some(Self { size, roots })
    }

    /// Adds a leaf; `completed` hears level and root of every subtree that it completes, the smallest first.
    pub fn push(&mut self, leaf: Hash, mut completed: impl FnMut(u32, Hash)) {
        let mut right = leaf;
        for level in 1..=self.size.trailing_ones() {
            // There is a root for every one in the size.
            let Some(left) = self.roots.pop() else { break };
            right = node(&left, &right);
            completed(level, right);
        }
        self.roots.push(right);
        self.size += 1;
    }

    /// The root of the whole tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        fold(&self.roots)
    }
}

/// The hash of an inner node.
#[must_use]
pub fn node(left: &Hash, right: &Hash) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&[1]);
    context.update(left);
    context.update(right);
    to_hash(context.finish().as_ref())
}

/// The root over subtrees' roots, the largest subtree first; over none, the root of the empty tree.
#[must_use]
pub fn fold(roots: &[Hash]) -> Hash {
    let Some((last, others)) = roots.split_last() else { return to_hash(digest(&SHA256, b"").as_ref()) };
    others.iter().rev().fold(*last, |right, left| node(left, &right))
}

/// The complete subtrees that the subtree over `leaves` is made of, the largest first. `leaves` is a range that
/// a path names, or begins at 0.
#[must_use]
pub fn subtrees(leaves: Range<u64>) -> Vec<Subtree> {
    let mut start = leaves.start;
    let mut subtrees = Vec::new();
    while start < leaves.end {
        let level = (leaves.end - start).ilog2();
        subtrees.push(Subtree { level, index: start >> level });
        start += 1 << level;
    }
    subtrees
}

/// Over which leaves the subtrees stand whose roots prove that leaf `index` is in the tree of `size` leaves.
#[must_use]
pub fn inclusion(index: u64, size: u64) -> Vec<Range<u64>> {
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(middle..end);
            end = middle;
        } else {
            path.push(start..middle);
            start = middle;
        }
    }
    path.reverse();
    path
}

/// Over which leaves the subtrees stand whose roots prove that the tree of `to` leaves begins with the tree of
/// `from` leaves; 1 ≤ from ≤ to.
#[must_use]
pub fn consistency(from: u64, to: u64) -> Vec<Range<u64>> {
    let (mut start, mut end) = (0, to);
    let mut path = Vec::new();
    while from < end {
        let middle = start + split(end - start);
        if from <= middle {
            path.push(middle..end);
            end = middle;
        } else {
            path.push(start..middle);
            start = middle;
        }
    }
    // The old tree's own root is known to whoever asks.
    if start > 0 {
        path.push(start..end);
    }
    path.reverse();
    path
}

/// Whether `path` proves that `leaf` is leaf `index` of the tree of `size` leaves with this `root`.
#[must_use]
pub fn includes(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node(sibling, &hash);
            up_to_a_right_child(&mut at, &mut last);
        } else {
            hash = node(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && hash == *root
}

/// Whether `path` proves that the tree of `to` leaves with `to_root` begins with the tree of `from` leaves with
/// `from_root`.
#[must_use]
pub fn extends(from: u64, from_root: &Hash, to: u64, to_root: &Hash, path: &[Hash]) -> bool {
    if from == 0 || from >= to {
        return from == to && from > 0 && path.is_empty() && from_root == to_root;
    }
    let (mut at, mut last) = (from - 1, to - 1);
    let right_children = at.trailing_ones();
    (at, last) = (at >> right_children, last >> right_children);
    // A tree that is one complete subtree is a node of the path itself.
    let (first, others) = if from.is_power_of_two() {
        (*from_root, path)
    } else {
        let Some((first, others)) = path.split_first() else { return false };
        (*first, others)
    };
    let (mut old, mut new) = (first, first);
    for sibling in others {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            old = node(sibling, &old);
            new = node(sibling, &new);
            up_to_a_right_child(&mut at, &mut last);
        } else {
            new = node(&new, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && old == *from_root && new == *to_root
}

/// Skips the levels at which the last node has no sibling.
fn up_to_a_right_child(at: &mut u64, last: &mut u64) {
    while *at & 1 == 0 && *at != 0 {
        (*at, *last) = (*at >> 1, *last >> 1);
    }
}

/// The greatest power of two below `size`, which is 2 or more.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

fn to_hash(bytes: &[u8]) -> Hash {
    bytes.try_into().expect("SHA-256 has 32 bytes")
}
