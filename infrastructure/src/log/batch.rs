//! Which waiting appends may go into one batch: those that touch nothing in common.
//!
//! The database checks a whole batch against the state before it. That is the same as checking one append
//! after the other only if no two of them read or write the same stream, claim, allowance or command.

use std::collections::{HashSet, VecDeque};

use uuid::Uuid;

use super::leaf::Hash;
use super::prepared::Prepared;

/// At most this many appends in a batch,
const APPENDS: usize = 512;
/// this many events,
const EVENTS: usize = 2_048;
/// and this many bytes of payload; a longer append goes alone.
const BYTES: usize = 1 << 20;

#[derive(Default)]
struct Touched<'a> {
    ids: HashSet<Uuid>,
    claims: HashSet<(&'a str, Hash)>,
}

impl<'a> Touched<'a> {
    fn meets(&self, append: &'a Prepared) -> bool {
        self.ids.contains(&append.command_id)
            || append.streams.iter().any(|(stream, _)| self.ids.contains(stream))
            || append.quota.is_some_and(|quota| self.ids.contains(&quota.key))
            || append.claimed().any(|claim| self.claims.contains(&claim))
    }

    fn add(&mut self, append: &'a Prepared) {
        self.ids.insert(append.command_id);
        self.ids.extend(append.streams.iter().map(|(stream, _)| *stream));
        self.ids.extend(append.quota.map(|quota| quota.key));
        self.claims.extend(append.claimed());
    }
}

/// Takes the next batch from `waiting`: in order, leaving behind what meets an append before it.
pub(crate) fn take<T>(waiting: &mut VecDeque<T>, append: impl Fn(&T) -> &Prepared) -> Vec<T> {
    let mut taken = Vec::with_capacity(waiting.len().min(APPENDS));
    {
        let mut touched = Touched::default();
        let (mut appends, mut events, mut bytes) = (0, 0, 0);
        for waiting in waiting.iter() {
            let next = append(waiting);
            let fits =
                appends == 0 || (events + next.events.len() <= EVENTS && bytes + next.bytes() <= BYTES);
            let joins = appends < APPENDS && fits && !touched.meets(next);
            // What stays behind keeps its place before everything that touches the same.
            touched.add(next);
            taken.push(joins);
            if joins {
                appends += 1;
                events += next.events.len();
                bytes += next.bytes();
            }
        }
    }
    let (batch, rest): (Vec<_>, Vec<_>) = waiting.drain(..).zip(taken).partition(|(_, joins)| *joins);
    waiting.extend(rest.into_iter().map(|(waiting, _)| waiting));
    batch.into_iter().map(|(taken, _)| taken).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(streams: &[u128]) -> Prepared {
        Prepared::bare(Uuid::now_v7(), streams.iter().map(|id| (Uuid::from_u128(*id), 0)).collect())
    }

    fn streams(appends: &[Prepared]) -> Vec<Vec<u128>> {
        appends.iter().map(|append| append.streams.iter().map(|(id, _)| id.as_u128()).collect()).collect()
    }

    #[test]
    fn appends_that_share_a_stream_go_into_different_batches_in_order() {
        let mut waiting = VecDeque::from([on(&[1]), on(&[2]), on(&[1, 3]), on(&[3]), on(&[4])]);
        assert_eq!(streams(&take(&mut waiting, |append| append)), [vec![1], vec![2], vec![4]]);
        // 3 alone must not overtake 1 and 3, which waits for 1.
        assert_eq!(streams(&take(&mut waiting, |append| append)), [vec![1, 3]]);
        assert_eq!(streams(&take(&mut waiting, |append| append)), [vec![3]]);
        assert!(waiting.is_empty());
    }

    #[test]
    fn the_same_command_is_never_twice_in_a_batch() {
        let once = on(&[1]);
        let mut again = on(&[2]);
        again.command_id = once.command_id;
        let mut waiting = VecDeque::from([once, again]);
        assert_eq!(take(&mut waiting, |append| append).len(), 1);
        assert_eq!(waiting.len(), 1);
    }

    #[test]
    fn a_batch_has_its_bounds() {
        let mut waiting: VecDeque<_> = (0..1_000).map(|id| on(&[id])).collect();
        assert_eq!(take(&mut waiting, |append| append).len(), APPENDS);
        assert_eq!(waiting.len(), 1_000 - APPENDS);
    }
}
