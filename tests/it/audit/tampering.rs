//! Whoever gets past every guard and edits the tables is found out: where the log is, in an export of it, and by a
//! head that was kept elsewhere.

use infrastructure::audit::SignedHead;
use sqlx::Row as _;

use super::{Scene, place};

/// Recomputes every block, as somebody would who knows how they are made.
const BLOCKS_ANEW: &str = r"do $$
declare
  b record;
  hash bytea := sha256('ledgerdesk');
begin
  for b in select * from ledger.blocks order by last_position loop
    hash := sha256('\x02'::bytea || hash || int8send(b.first_position) || int8send(b.last_position)
                   || int8send((extract(epoch from b.recorded_at) * 1000000)::bigint)
                   || (select string_agg(e.leaf_hash, ''::bytea order by e.position) from ledger.events e
                        where e.position between b.first_position and b.last_position));
    update ledger.blocks set block_hash = hash where last_position = b.last_position;
  end loop;
end $$";

/// Swaps two events, everything but their positions.
fn swapped(one: i64, other: i64) -> [String; 3] {
    [
        format!("update ledger.events set position = -1 where position = {one}"),
        format!("update ledger.events set position = {one} where position = {other}"),
        format!("update ledger.events set position = {other} where position = -1"),
    ]
}

/// Checks what is found, in all three ways, after `statements` on a log of twelve events in blocks of one, the
/// last two of which are the blocks 11 and 12; heads end at 4 and 12.
async fn found(statements: &[&str], live: Option<i64>, export: Option<i64>, kept: Option<i64>) {
    let scene = Scene::of(&[1; 4]).await;
    scene.head().await;
    scene.append(&[1; 8]).await;
    let head = scene.head().await;
    let sound = scene.export(1, None).await;
    assert_eq!(scene.live(&[]).await, None, "sound before it is tampered with");
    assert_eq!(scene.exported(&sound, std::slice::from_ref(&head)), None);
    scene.tamper(statements).await;
    let kept_head = std::slice::from_ref(&head);
    let exported = scene.export(1, None).await;
    let first = |fault: Option<infrastructure::audit::Fault>| fault.map(|fault| fault.position);
    // A rewritten log is signed anew if all heads are gone: only a head kept elsewhere tells.
    assert_eq!(first(scene.live(&[]).await), live, "live after {statements:?}");
    assert_eq!(first(scene.exported(&exported, &[])), export, "exported after {statements:?}");
    assert_eq!(first(scene.live(kept_head).await), kept, "live with a head kept after {statements:?}");
    assert_eq!(
        first(scene.exported(&exported, kept_head)),
        kept,
        "exported with a head kept after {statements:?}"
    );
}

#[tokio::test]
async fn an_updated_event_is_named() {
    for column in ["payload = '{ }'", "via = 'api'", "leaf_hash = sha256('forged')", "recorded_at = now()"] {
        let statement = format!("update ledger.events set {column} where position = 7");
        found(&[&statement], Some(7), Some(7), Some(7)).await;
    }
    // An event of a type that this version does not know is like any other.
    found(
        &["update ledger.events set event_type = 'KettleBoiled' where position = 7"],
        Some(7),
        Some(7),
        Some(7),
    )
    .await;
}

#[tokio::test]
async fn a_deleted_event_is_named() {
    found(&["delete from ledger.events where position = 7"], Some(7), Some(7), Some(7)).await;
    let without_trace = [
        "delete from ledger.events where position = 7",
        "delete from ledger.blocks where last_position = 7",
        "update ledger.events set position = position - 1 where position = 8",
        "update ledger.blocks set last_position = 7, first_position = 7 where last_position = 8",
        "update ledger.events set position = position - 1 where position = 9",
        "update ledger.blocks set last_position = 8, first_position = 8 where last_position = 9",
        "delete from ledger.events where position > 9",
        "delete from ledger.blocks where last_position > 8",
    ];
    found(&without_trace, Some(7), Some(7), Some(7)).await;
}

#[tokio::test]
async fn a_swapped_event_is_named() {
    let swap = swapped(7, 8);
    found(&swap.each_ref().map(String::as_str), Some(7), Some(7), Some(7)).await;
}

#[tokio::test]
async fn an_inserted_event_is_named() {
    let copy = |position: i64| {
        format!(
            "insert into ledger.events
             select {position}, gen_random_uuid(), version, stream_type, event_id, event_type, schema_version, occurred_at,
                    recorded_at, actor_kind, actor_id, via, command_id, causation_id, correlation_id, payload, leaf_hash
               from ledger.events where position = 6"
        )
    };
    found(&[&copy(13)], Some(13), Some(13), Some(13)).await;
    found(&[&copy(0)], Some(1), Some(1), Some(1)).await;
    let moved = [
        "update ledger.events set position = position + 100 where position > 6",
        "update ledger.events set position = position - 99 where position > 100",
        &copy(7),
    ];
    found(&moved, Some(7), Some(7), Some(7)).await;
}

#[tokio::test]
async fn a_cut_tail_is_named() {
    let mut statements = vec!["delete from ledger.events where position > 10"];
    found(&statements, Some(11), Some(11), Some(11)).await;
    statements.push("delete from ledger.blocks where last_position > 10");
    // The head of 12 events is still there; the export ends with the log, and no head can be signed for its end.
    found(&statements, Some(11), Some(5), Some(11)).await;
    statements.push("delete from ledger.heads where size > 10");
    // The desk signs what it has when it exports; the commands still know better.
    found(&statements, Some(11), None, Some(11)).await;
    statements.push("delete from ledger.commands where last_position > 10");
    // Nothing in the database knows any more: that is what heads are kept elsewhere for.
    found(&statements, None, None, Some(11)).await;
}

#[tokio::test]
async fn a_block_altered_or_removed_is_named() {
    found(
        &["update ledger.blocks set block_hash = sha256('forged') where last_position = 7"],
        Some(7),
        Some(7),
        Some(7),
    )
    .await;
    found(&["delete from ledger.blocks where last_position = 7"], Some(7), Some(7), Some(7)).await;
    found(
        &["update ledger.blocks set last_position = 70 where last_position = 7"],
        Some(7),
        Some(7),
        Some(7),
    )
    .await;
}

#[tokio::test]
async fn a_forged_head_is_found() {
    let statement = "update ledger.heads set root = sha256('forged') where size = 12";
    found(&[statement], Some(5), Some(5), Some(12)).await;
    found(
        &["update ledger.heads set signature = sha512('forged') where size = 4"],
        Some(1),
        Some(1),
        Some(1),
    )
    .await;
}

/// In a block of several events the chain tells only the block; the commands and versions tell the event.
#[tokio::test]
async fn events_swapped_within_a_block_are_told_apart_where_the_database_can() {
    let scene = Scene::of(&[5, 5, 5]).await;
    scene.head().await;
    let swap = swapped(7, 9);
    scene.tamper(&swap.each_ref().map(String::as_str)).await;
    assert_eq!(place(scene.live(&[]).await.as_ref()), Some((7, 7)));
    let export = scene.export(1, None).await;
    assert_eq!(place(scene.exported(&export, &[]).as_ref()), Some((6, 10)), "an export has the chain only");
}

/// Somebody who rewrites events, leaves and blocks alike meets the tree, then the heads, then those kept elsewhere.
#[tokio::test]
async fn a_log_rewritten_with_its_chain_is_narrowed_down() {
    let scene = Scene::of(&[50; 2]).await;
    scene.head().await;
    scene.append(&[50; 2]).await;
    let kept: SignedHead = scene.head().await;
    scene.append(&[50; 8]).await;
    scene.head().await;
    scene.tamper(&["update ledger.events set via = 'api' where position in (150, 450)"]).await;
    rewritten(&scene, &[150, 450]).await;
    assert_eq!(place(scene.live(&[]).await.as_ref()), Some((101, 200)), "between two heads");
    let export = scene.export(1, None).await;
    assert_eq!(place(scene.exported(&export, &[]).as_ref()), Some((101, 200)));
    scene.tamper(&["delete from ledger.heads where size < 600"]).await;
    assert_eq!(place(scene.live(&[]).await.as_ref()), Some((1, 256)), "below a node of the tree");
    let export = scene.export(1, None).await;
    assert_eq!(place(scene.exported(&export, &[]).as_ref()), Some((1, 600)), "an export has no nodes");
    scene.tamper(&["delete from ledger.heads", "delete from ledger.tree"]).await;
    assert_eq!(scene.live(&[]).await, None, "the database agrees with itself");
    let head = std::slice::from_ref(&kept);
    assert_eq!(place(scene.live(head).await.as_ref()), Some((1, 200)), "the head kept elsewhere does not");
    let export = scene.export(1, None).await;
    assert_eq!(place(scene.exported(&export, head).as_ref()), Some((1, 200)));
    assert_eq!(scene.exported(&export, &[]), None, "and without it nobody would know");
}

/// Gives the events at `positions` the leaves they now have, and all blocks their hashes.
async fn rewritten(scene: &Scene, positions: &[i64]) {
    for position in positions {
        let row = scene.log.rows_after(position - 1, 1).await.expect("readable").remove(0);
        let mut superuser = scene.test.superuser().await;
        sqlx::query("select set_config('session_replication_role', 'replica', false)")
            .execute(&mut superuser)
            .await
            .expect("off");
        let done =
            sqlx::query("update ledger.events set leaf_hash = $1 where position = $2 returning position")
                .bind(row.leaf().as_slice())
                .bind(position)
                .fetch_one(&mut superuser)
                .await
                .expect("rewritten");
        assert_eq!(done.get::<i64, _>(0), *position);
    }
    scene.tamper(&[BLOCKS_ANEW]).await;
}

/// What a newer version of the desk wrote is hashed and signed like anything else.
#[tokio::test]
async fn an_event_of_an_unknown_type_is_like_any_other() {
    let scene = Scene::of(&[2, 2]).await;
    scene
        .tamper(&[
            "update ledger.events set event_type = 'KettleBoiled', stream_type = 'kettle' where position = 3",
        ])
        .await;
    rewritten(&scene, &[3]).await;
    scene.head().await;
    assert_eq!(scene.live(&[]).await, None);
    let export = scene.export(1, None).await;
    assert!(String::from_utf8_lossy(&export).contains("KettleBoiled"));
    assert_eq!(scene.exported(&export, &[]), None);
}

/// Times are in the blocks only: leaves and tree know nothing of them.
#[tokio::test]
async fn times_rewritten_with_their_blocks_contradict_the_heads() {
    let earlier = "recorded_at = recorded_at - interval '1 millisecond'";
    let statements = [
        &format!("update ledger.events set {earlier} where position = 7"),
        &format!("update ledger.blocks set {earlier} where last_position = 7"),
        BLOCKS_ANEW,
    ];
    found(&statements, Some(5), Some(5), Some(5)).await;
}

#[tokio::test]
async fn an_altered_tree_is_found() {
    let scene = Scene::of(&[200; 4]).await;
    scene.head().await;
    for (statement, found) in [
        ("update ledger.tree set hash = sha256('forged') where level = 8 and index = 1", (257, 512)),
        ("delete from ledger.tree where level = 8 and index = 1", (512, 512)),
    ] {
        scene.tamper(&[statement]).await;
        assert_eq!(place(scene.live(&[]).await.as_ref()), Some(found), "{statement}");
        let export = scene.export(1, None).await;
        assert_eq!(scene.exported(&export, &[]), None, "{statement}: the events are sound");
    }
}
