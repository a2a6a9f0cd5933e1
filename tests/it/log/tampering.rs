//! T12: whoever gets past every guard and edits the tables is found out.

use application::ledger::Ledger;
use domain::id::UserId;
use infrastructure::audit::Fault;
use sqlx::{AssertSqlSafe, Executor as _};
use tests::appends::{append, created, new_stream, on};
use tests::postgres::TestDatabase;
use uuid::Uuid;

/// Ten events in ten blocks, then `statements` by a superuser with the triggers off; gives what is wrong.
async fn after(statements: &[&str]) -> Option<Fault> {
    let test = TestDatabase::create().await;
    let log = test.log().await;
    for _ in 0..10 {
        log.append(append(vec![on(new_stream(), 0, vec![created(UserId(Uuid::now_v7()))])]))
            .await
            .expect("accepted");
    }
    let verified = log.verify().await.expect("readable");
    assert_eq!((verified.events, verified.fault), (10, None), "sound before it is tampered with");
    let mut superuser = test.superuser().await;
    superuser.execute("set session_replication_role = replica").await.expect("triggers off");
    for statement in statements {
        superuser.execute(AssertSqlSafe((*statement).to_owned())).await.expect(statement);
    }
    log.verify().await.expect("readable").fault
}

#[tokio::test]
async fn an_altered_payload_is_found() {
    let fault = after(&["update ledger.events set payload = replace(payload::text, 'medium', 'high')::json
                          where position = 4"])
    .await;
    assert_eq!(fault.map(|fault| fault.position), Some(4));
}

#[tokio::test]
async fn an_altered_header_is_found() {
    for column in [
        "event_type = 'TicketClosed'",
        "actor_kind = 'admin'",
        "actor_id = gen_random_uuid()",
        "occurred_at = occurred_at - interval '1 hour'",
        "recorded_at = recorded_at - interval '1 hour'",
        "command_id = gen_random_uuid()",
        "correlation_id = gen_random_uuid()",
        "causation_id = gen_random_uuid()",
        "stream_id = gen_random_uuid()",
        "version = 2",
        "via = 'api'",
        "schema_version = 9",
    ] {
        let fault = after(&[&format!("update ledger.events set {column} where position = 7")]).await;
        assert_eq!(fault.map(|fault| fault.position), Some(7), "{column}");
    }
}

#[tokio::test]
async fn an_altered_event_with_a_matching_leaf_is_found() {
    let fault = after(&["update ledger.events set leaf_hash = sha256('forged') where position = 5"]).await;
    assert_eq!(fault.map(|fault| fault.position), Some(5));
    // Even a forger who knows how leaves are made does not know the block's hash.
    let fault =
        after(&["update ledger.blocks set block_hash = sha256('forged') where last_position = 6"]).await;
    assert_eq!(fault.map(|fault| fault.position), Some(6));
}

#[tokio::test]
async fn removed_and_swapped_and_inserted_events_are_found() {
    let fault = after(&["delete from ledger.events where position = 3"]).await;
    assert_eq!(fault.map(|fault| fault.position), Some(3));
    let fault = after(&[
        "update ledger.events set position = -8 where position = 8",
        "update ledger.events set position = 8 where position = 9",
        "update ledger.events set position = 9 where position = -8",
    ])
    .await;
    assert_eq!(fault.map(|fault| fault.position), Some(8));
    let fault = after(&["insert into ledger.events
        select 11, gen_random_uuid(), version, stream_type, event_id, event_type, schema_version, occurred_at,
               recorded_at, actor_kind, actor_id, via, command_id, causation_id, correlation_id, payload, leaf_hash
          from ledger.events where position = 10"])
    .await;
    assert_eq!(fault.map(|fault| fault.position), Some(11));
}

#[tokio::test]
async fn a_cut_tail_is_found() {
    let fault = after(&["delete from ledger.events where position > 8"]).await;
    assert_eq!(fault.map(|fault| fault.position), Some(9));
    let fault = after(&[
        "delete from ledger.events where position > 8",
        "delete from ledger.blocks where last_position > 8",
    ])
    .await;
    assert_eq!(fault.map(|fault| fault.position), Some(9));
}
