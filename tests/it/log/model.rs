//! T9: whatever is sent together, the log answers as if it had come one after the other.

use std::collections::HashMap;

use application::ledger::{Append, AppendError, Appended, Claim, ClaimKind, Ledger, Quota};
use chrono::TimeDelta;
use proptest::prelude::*;
use tests::appends::{append, on, unassigned};
use tests::postgres::TestDatabase;
use uuid::Uuid;

/// The log in ten lines: what an append leads to, given those before it.
#[derive(Default)]
struct Model {
    head: i64,
    versions: HashMap<Uuid, i32>,
    commands: HashMap<Uuid, Option<[u8; 32]>>,
    claims: HashMap<String, Uuid>,
    used: HashMap<Uuid, i32>,
}

/// Accepted now (`false`) or before (`true`), or why not. Positions are compared apart: appends that share
/// nothing may overtake one another.
type Answer = Result<bool, &'static str>;

impl Model {
    fn append(&mut self, append: &Append) -> Answer {
        if let Some(fingerprint) = self.commands.get(&append.command_id) {
            return if *fingerprint == append.fingerprint { Ok(true) } else { Err("reused") };
        }
        let version = |stream| self.versions.get(stream).copied().unwrap_or_default();
        if append.streams.iter().any(|part| part.expected != version(&part.stream)) {
            return Err("conflict");
        }
        if append.claims.iter().any(|c| self.claims.get(&c.value).is_some_and(|holder| *holder != c.holder)) {
            return Err("claimed");
        }
        if append.quota.is_some_and(|q| self.used.get(&q.key).copied().unwrap_or_default() >= q.limit) {
            return Err("quota");
        }
        for part in &append.streams {
            *self.versions.entry(part.stream).or_default() += i32::try_from(part.events.len()).expect("few");
            self.head += i64::try_from(part.events.len()).expect("few");
        }
        self.claims.extend(append.claims.iter().map(|claim| (claim.value.clone(), claim.holder)));
        append.quota.iter().for_each(|quota| *self.used.entry(quota.key).or_default() += 1);
        self.commands.insert(append.command_id, append.fingerprint);
        Ok(false)
    }
}

/// A small world, so that everything meets everything.
#[derive(Debug, Clone)]
struct Sent {
    command: u8,
    fingerprint: Option<u8>,
    parts: Vec<(u8, i32, usize)>,
    claim: Option<u8>,
    quota: Option<u8>,
}

fn sent() -> impl Strategy<Value = Sent> {
    let part = (0u8..6, 0i32..4, 1usize..3);
    (
        prop_oneof![1 => 0u8..10, 3 => 10u8..255],
        proptest::option::of(0u8..2),
        proptest::collection::vec(part, 1..3),
        proptest::option::weighted(0.3, 0u8..3),
        proptest::option::weighted(0.3, 0u8..2),
    )
        .prop_map(|(command, fingerprint, mut parts, claim, quota)| {
            parts.sort_unstable();
            parts.dedup_by_key(|part| part.0);
            Sent { command, fingerprint, parts, claim, quota }
        })
}

impl Sent {
    fn append(&self) -> Append {
        let id = |kind: u8, number: u8| Uuid::from_u128((u128::from(kind) << 64) | (u128::from(number) << 1));
        let streams = self
            .parts
            .iter()
            .map(|(stream, expected, events)| on(id(1, *stream), *expected, vec![unassigned(); *events]));
        let mut append = append(streams.collect());
        append.command_id = id(2, self.command);
        append.fingerprint = self.fingerprint.map(|byte| [byte; 32]);
        let holder = append.streams[0].stream;
        append.claims = self
            .claim
            .map(|claim| Claim { kind: ClaimKind::Username, value: format!("name-{claim}"), holder })
            .into_iter()
            .collect();
        append.quota = self.quota.map(|key| Quota { key: id(3, key), limit: 3, window: TimeDelta::hours(1) });
        append
    }
}

fn answer(outcome: Result<Appended, AppendError>) -> Answer {
    match outcome {
        Ok(appended) => Ok(appended.repeated),
        Err(AppendError::CommandReused) => Err("reused"),
        Err(AppendError::Conflict) => Err("conflict"),
        Err(AppendError::Claimed(_)) => Err("claimed"),
        Err(AppendError::QuotaExceeded { .. }) => Err("quota"),
        Err(error) => panic!("{error}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, max_shrink_iters: 50, ..ProptestConfig::default() })]

    /// Each group is sent at once and so shares batches; a group that is alone would hide set-based faults.
    #[test]
    fn the_log_answers_as_if_appends_came_one_after_the_other(
        groups in proptest::collection::vec(proptest::collection::vec(sent(), 1..20), 1..8)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let test = TestDatabase::create().await;
            let log = test.log().await;
            let mut model = Model::default();
            let mut positions: HashMap<Uuid, (i64, i64)> = HashMap::new();
            for group in groups {
                let appends: Vec<Append> = group.iter().map(Sent::append).collect();
                let expected: Vec<Answer> = appends.iter().map(|append| model.append(append)).collect();
                let outcomes = futures::future::join_all(appends.iter().map(|a| log.append(a.clone()))).await;
                for (append, outcome) in appends.iter().zip(&outcomes) {
                    if let Ok(appended) = outcome {
                        let range = (appended.first, appended.last);
                        prop_assert_eq!(*positions.entry(append.command_id).or_insert(range), range);
                    }
                }
                let answers: Vec<Answer> = outcomes.into_iter().map(answer).collect();
                prop_assert_eq!(answers, expected, "{:?}", group);
            }
            let verified = log.verify().await.expect("readable");
            prop_assert_eq!((verified.events, verified.fault), (model.head, None));
            log.close().await;
            Ok(())
        })?;
    }
}
