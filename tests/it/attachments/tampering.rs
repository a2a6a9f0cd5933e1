//! Whoever changes what is stored gets an error served, and not a wrong byte.

use std::path::PathBuf;

use reqwest::Method;
use serde_json::Value;
use tests::desk::{Somebody, TestDesk};

use super::{at, download, fetch, files_in, id_of, text, upload};

const SEALED: usize = 65_536 + 16;

fn object(desk: &TestDesk, file: &Value) -> PathBuf {
    let files = files_in(&desk.data().join("attachments")).into_iter();
    files.into_iter().find(|path| path.ends_with(id_of(file))).expect("an object")
}

/// Checks that of what is served nothing is wrong, and that it is not the whole.
pub(super) async fn not_served(desk: &TestDesk, who: &Somebody, file: &Value, content: &[u8], what: &str) {
    // An answer that is broken off at once may not even begin.
    let Ok(answer) = desk.request(Some(who), Method::GET, &at(file, "/download")).send().await else {
        return;
    };
    if answer.status().as_u16() != 200 {
        assert!(answer.status().is_server_error(), "{what}: {}", answer.status());
        return;
    }
    let mut served = Vec::new();
    let mut answer = answer;
    let ended_well = loop {
        match answer.chunk().await {
            Ok(Some(bytes)) => served.extend_from_slice(&bytes),
            Ok(None) => break true,
            Err(_) => break false,
        }
    };
    assert!(!ended_well, "{what}: it ended as if it were whole");
    assert!(content.starts_with(&served) && served.len() < content.len(), "{what}: a wrong byte");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_object_is_an_error_and_no_wrong_byte() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let content = text(4 * 65_536);
    let file = upload(&desk, &ada, "a.txt", &content).await.expect(201).body;
    let other = upload(&desk, &ada, "b.txt", &text(4 * 65_536)).await.expect(201).body;
    let path = object(&desk, &file);
    let sealed = std::fs::read(&path).expect("readable");
    assert_eq!(sealed.len(), 4 * SEALED);
    let chunk = |n: usize| &sealed[n * SEALED..(n + 1) * SEALED];
    let flipped = |at: usize| {
        let mut bytes = sealed.clone();
        bytes[at] ^= 1;
        bytes
    };
    let others = std::fs::read(object(&desk, &other)).expect("readable");
    for (what, bytes) in [
        ("the first byte", flipped(0)),
        ("a byte in the middle", flipped(2 * SEALED + 77)),
        ("the last byte", flipped(sealed.len() - 1)),
        ("chunks changed places", [chunk(0), chunk(2), chunk(1), chunk(3)].concat()),
        ("a chunk is left out", [chunk(0), chunk(2), chunk(3)].concat()),
        ("a chunk is there twice", [chunk(0), chunk(1), chunk(1), chunk(3)].concat()),
        ("the end is cut off", [chunk(0), chunk(1), chunk(2)].concat()),
        ("a byte is cut off", sealed[..sealed.len() - 1].to_vec()),
        ("something is added", [&sealed[..], b"x"].concat()),
        ("another file", others.clone()),
        ("another file's chunk", [chunk(0), &others[SEALED..2 * SEALED], chunk(2), chunk(3)].concat()),
        ("nothing", vec![]),
    ] {
        std::fs::write(&path, &bytes).expect("written");
        not_served(&desk, &ada, &file, &content, what).await;
    }
    // Whoever asks for a part gets that part right, or nothing.
    std::fs::write(&path, flipped(2 * SEALED + 77)).expect("written");
    let part = |range: &str| {
        fetch(desk.request(Some(&ada), Method::GET, &at(&file, "/download")).header("Range", range))
    };
    let before = part("bytes=0-131071").await;
    assert!(before.status == 206 && before.bytes.expect("right") == content[..131_072]);
    assert_eq!(part("bytes=131072-131073").await.status, 500);
    // A row that says that the file is shorter, so that the last chunk would never be missed.
    std::fs::write(&path, &sealed[..3 * SEALED]).expect("written");
    let shorter = "update desk.attachments set size = $1 where id = $2::text::uuid";
    sqlx::query(shorter)
        .bind(3_i64 * 65_536)
        .bind(id_of(&file))
        .execute(desk.desk.pool())
        .await
        .expect("set");
    not_served(&desk, &ada, &file, &content[..3 * 65_536], "the row and the end").await;
    sqlx::query(shorter)
        .bind(4_i64 * 65_536)
        .bind(id_of(&file))
        .execute(desk.desk.pool())
        .await
        .expect("set");
    std::fs::write(&path, &sealed).expect("written");
    assert!(download(&desk, &ada, &file).await.bytes.expect("whole") == content, "as it was");
    std::fs::remove_file(&path).expect("removed");
    assert_eq!(download(&desk, &ada, &file).await.status, 503);
    desk.close().await;
}
