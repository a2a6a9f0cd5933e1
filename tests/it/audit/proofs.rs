//! Proofs over HTTP: whoever holds a signed head and the key can check them without the desk.

use infrastructure::audit::text::from_hex;
use infrastructure::audit::tree::{extends, includes};
use infrastructure::audit::{PublicKey, SignedHead};
use infrastructure::log::{Hash, Row};
use serde_json::{Value, json};
use sqlx::Executor as _;
use tests::desk::{Somebody, TestDesk};
use tests::process::scratch;
use uuid::Uuid;

use super::exported;

/// A desk with some hundred events, and an administrator.
struct Office {
    desk: TestDesk,
    admin: Somebody,
    ticket: Value,
}

impl Office {
    async fn open() -> Self {
        let desk = TestDesk::open().await;
        let admin = desk.admin().await;
        let mut ticket = Value::Null;
        for number in 0..3 {
            let user = desk.user().await;
            ticket = desk.ticket(&user, Some("IT")).await;
            let path = format!("/api/v1/tickets/{}/messages", ticket["ticket_id"].as_str().expect("an id"));
            for line in 0..90 {
                let said = json!({ "content": format!("Line {line}: canary-of-the-proof.") });
                let _ = desk.post(&user, &path, said).await.expect(201);
                if line % 40 == number {
                    let _ = desk.get(&admin, "/api/v1/audit/head").await.expect(200);
                }
            }
        }
        Self { desk, admin, ticket }
    }

    async fn get(&self, path: &str) -> Value {
        self.desk.get(&self.admin, &format!("/api/v1{path}")).await.expect(200).body
    }

    /// All signed heads, the smallest first.
    async fn heads(&self) -> Vec<SignedHead> {
        let (mut heads, mut before) = (Vec::new(), i64::MAX);
        loop {
            let page = self.get(&format!("/audit/checkpoints?limit=3&before={before}")).await;
            let checkpoints = page["checkpoints"].as_array().expect("heads");
            assert!(checkpoints.len() <= 3);
            heads.extend(checkpoints.iter().map(head));
            match page["next_before"].as_i64() {
                Some(next) => before = next,
                None => break,
            }
        }
        heads.reverse();
        assert!(heads.windows(2).all(|pair| pair[0].size < pair[1].size), "each once: {heads:?}");
        heads
    }

    /// Checks the proofs of events at `positions` in every head that covers them, and those of the ticket.
    async fn assert_proved(&self, positions: &[i64]) {
        let key = self.get("/audit/key").await;
        let key = PublicKey::parse(key["public_key"].as_str().expect("a key")).expect("a key");
        for head in self.heads().await {
            assert!(key.signed(&head) && head.key_id == key.id());
            for position in positions.iter().filter(|position| **position <= head.size) {
                let proof = self.get(&format!("/audit/proof?pos={position}&size={}", head.size)).await;
                assert_eq!(proof["head"]["signature"].as_str().map(str::len), Some(128));
                let leaf = hash(&proof["leaf_hash"]);
                assert!(
                    includes(&leaf, index(*position), size(head.size), &path(&proof), &head.root),
                    "{proof}"
                );
            }
        }
        self.assert_ticket_proved(&key).await;
    }

    async fn assert_ticket_proved(&self, key: &PublicKey) {
        let id = self.ticket["ticket_id"].as_str().expect("an id");
        let proof = self.get(&format!("/tickets/{id}/audit-proof")).await;
        let head = head(&proof["head"]);
        assert!(key.signed(&head));
        let events = proof["events"].as_array().expect("events");
        assert_eq!(events.len(), 91, "its creation and what was said");
        for proved in events {
            let event: Row = serde_json::from_value(proved["event"].clone()).expect("an event");
            let (leaf, at) = (event.leaf(), index(event.position));
            assert!(includes(&leaf, at, size(head.size), &path(proved), &head.root), "{proved}");
        }
        assert!(!proof.to_string().contains("canary"), "texts stay sealed");
    }

    /// The whole log as it is exported.
    async fn export(&self, query: &str) -> Vec<u8> {
        let path = format!("/api/v1/audit/export{query}");
        let request = self.desk.request(Some(&self.admin), reqwest::Method::GET, &path);
        let answer = request.send().await.expect("an answer");
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (200, &"application/x-ndjson".parse().expect("a kind"))
        );
        answer.bytes().await.expect("a body").to_vec()
    }

    async fn refused(&self, path: &str, field: &str, allowed: &str) {
        let answer = self.desk.get(&self.admin, &format!("/api/v1{path}")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (422, "VALIDATION_ERROR"),
            "{path}: {}",
            answer.body
        );
        let error = &answer.body["error"]["details"]["errors"][0];
        assert_eq!(error["field"], field, "{path}: {error}");
        assert!(error["message"].as_str().is_some_and(|text| text.contains(allowed)), "{path}: {error}");
    }
}

fn head(value: &Value) -> SignedHead {
    serde_json::from_value(value.clone()).expect("a head")
}

fn hash(value: &Value) -> Hash {
    from_hex(value.as_str().expect("digits")).and_then(|bytes| bytes.try_into().ok()).expect("a hash")
}

fn path(proof: &Value) -> Vec<Hash> {
    proof["path"].as_array().expect("a path").iter().map(hash).collect()
}

fn index(position: i64) -> u64 {
    size(position) - 1
}

fn size(size: i64) -> u64 {
    u64::try_from(size).expect("not negative")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_is_proved_in_every_head_and_stays_so_when_a_person_is_forgotten() {
    let office = Office::open().await;
    let end = office.desk.head().await;
    let mut positions = vec![1, 2, 255, 256, 257, end - 1, end];
    positions.extend((0..8).map(|_| Uuid::new_v4().as_u64_pair().0.cast_signed().rem_euclid(end) + 1));
    let newest = head(&office.get("/audit/head").await);
    assert_eq!(newest.size, end);
    office.assert_proved(&positions).await;
    let key = office.desk.desk.log.audit().key();
    let folder = scratch("proofs");
    let export = office.export("").await;
    assert_eq!(exported(folder.path(), &export, &key, std::slice::from_ref(&newest)), None);

    let mut superuser = office.desk.database.superuser().await;
    superuser.execute("update desk.subject_keys set wrapped = null").await.expect("forgotten");
    office.assert_proved(&positions).await;
    let later = office.export("").await;
    assert_eq!(exported(folder.path(), &later, &key, std::slice::from_ref(&newest)), None);
    assert_eq!(office.desk.desk.log.verify().await.expect("readable").fault, None);
    assert!(!String::from_utf8_lossy(&later).contains("canary"), "texts stay sealed");
    office.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_head_extends_every_earlier_one() {
    let office = Office::open().await;
    let _ = office.get("/audit/head").await;
    let heads = office.heads().await;
    assert!(heads.len() >= 9, "{}", heads.len());
    for (number, longer) in heads.iter().enumerate() {
        for shorter in &heads[..=number] {
            let proof =
                office.get(&format!("/audit/consistency?from={}&to={}", shorter.size, longer.size)).await;
            let (from, to) = (size(shorter.size), size(longer.size));
            assert!(extends(from, &shorter.root, to, &longer.root, &path(&proof)), "{proof}");
            assert_eq!(
                (head(&proof["from_head"]), head(&proof["to_head"])),
                (shorter.clone(), longer.clone())
            );
        }
    }
    // Any size will do, but only some are signed.
    let unsigned = heads.last().map_or(0, |head| head.size) - 1;
    let proof = office.get(&format!("/audit/consistency?from={unsigned}")).await;
    assert_eq!((&proof["from_head"], proof["to_head"]["size"].as_i64()), (&Value::Null, Some(unsigned + 1)));
    office.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_and_impossible_requests_are_told_what_is_allowed() {
    let desk = TestDesk::open().await;
    let office = Office { admin: desk.admin().await, ticket: Value::Null, desk };
    let (user, end) = (office.desk.user().await, office.desk.head().await);
    let all = format!("1 to {end}");
    let _ = office.get("/audit/head").await;
    for (path, field, allowed) in [
        ("/audit/proof", "pos", "missing"),
        ("/audit/proof?pos=x", "pos", "whole number"),
        ("/audit/proof?pos=1.0", "pos", "whole number"),
        ("/audit/proof?pos=99999999999999999999", "pos", "whole number"),
        ("/audit/proof?pos=0", "pos", &all),
        ("/audit/proof?pos=-1", "pos", &all),
        (&format!("/audit/proof?pos={}", end + 1), "pos", &all),
        ("/audit/proof?pos=2&size=1", "pos", "1 to 1"),
        (&format!("/audit/proof?pos=1&size={}", end + 1), "size", &all),
        ("/audit/proof?pos=1&size=0", "size", &all),
        ("/audit/proof?pos=1&size=many", "size", "whole number"),
        ("/audit/proof?pos=1&colour=red", "colour", "allowed: pos or size"),
        ("/audit/consistency", "from", "missing"),
        ("/audit/consistency?from=0", "from", &all),
        ("/audit/consistency?from=2&to=1", "from", "1 to 1"),
        (&format!("/audit/consistency?from=1&to={}", i64::MAX), "to", &all),
        ("/audit/export?from=2&to=1", "from", "1 to 1"),
        ("/audit/export?from=0", "from", &all),
        (&format!("/audit/export?to={}", end + 1), "to", &all),
        ("/audit/export?to=x", "to", "whole number"),
        ("/audit/checkpoints?limit=0", "limit", "1 to 100"),
        ("/audit/checkpoints?limit=101", "limit", "1 to 100"),
        ("/audit/checkpoints?before=0", "before", "1 to"),
        ("/audit/checkpoints?before=x", "before", "whole number"),
    ] {
        office.refused(path, field, allowed).await;
    }
    for path in ["/tickets/TKT-1767225600000-0A1B2C/audit-proof", "/tickets/nonsense/audit-proof"] {
        let answer = office.desk.get(&office.admin, &format!("/api/v1{path}")).await.expect(404);
        assert_eq!(answer.code(), "NOT_FOUND");
    }
    let answer = office.desk.get(&user, "/api/v1/audit/export").await.expect(403);
    assert_eq!(answer.code(), "AUTHZ_FORBIDDEN");
    office.desk.close().await;
}

/// No proof is given of what is not as it was signed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_was_altered_proves_nothing_any_more() {
    let desk = TestDesk::open().await;
    let office = Office { admin: desk.admin().await, ticket: Value::Null, desk };
    for _ in 0..3 {
        office.desk.user().await;
    }
    let end = head(&office.get("/audit/head").await).size;
    let mut superuser = office.desk.database.superuser().await;
    let forge = "set session_replication_role = replica;
                 update ledger.events set leaf_hash = sha256('forged') where position = 2";
    superuser.execute(forge).await.expect("forged");
    for path in ["/audit/proof?pos=1".to_owned(), format!("/audit/consistency?from=1&to={end}")] {
        let answer = office.desk.get(&office.admin, &format!("/api/v1{path}")).await.expect(409);
        assert_eq!(answer.code(), "LOG_NOT_AS_SIGNED");
    }
    office.desk.user().await;
    let answer = office.desk.get(&office.admin, "/api/v1/audit/head").await.expect(409);
    assert_eq!(answer.code(), "LOG_NOT_AS_SIGNED");
    let key = office.desk.desk.log.audit().key();
    let fault = exported(scratch("altered").path(), &office.export("").await, &key, &[]);
    assert_eq!(fault.map(|fault| fault.position), Some(2), "the evidence can still be exported");
    office.desk.close().await;
}
