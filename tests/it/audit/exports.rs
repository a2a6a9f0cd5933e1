//! Exports: whole, in part, and damaged in every way; two verifiers name the same line and position.

use infrastructure::audit::{Fault, HeadKey};
use serde_json::Value;

use super::{Scene, exported};

/// The lines of an export, to be damaged.
fn lines(export: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(export).expect("text");
    text.split_inclusive('\n').map(str::to_owned).collect()
}

fn joined(lines: &[String]) -> Vec<u8> {
    lines.concat().into_bytes()
}

/// The number of the first line that has `kind` and, where it matters, `position`.
fn line_of(lines: &[String], kind: &str, position: i64) -> usize {
    let is_it = |line: &String| {
        let value: Value = serde_json::from_str(line).expect("JSON");
        let value = &value[kind];
        [&value["position"], &value["last_position"], &value["size"]].contains(&&Value::from(position))
    };
    lines.iter().position(is_it).expect("a line")
}

fn told(fault: Option<Fault>) -> (u64, i64) {
    let fault = fault.expect("a fault");
    (fault.line.expect("a line"), fault.position)
}

#[tokio::test]
async fn a_part_is_whole_blocks_and_ends_with_a_head() {
    let scene = Scene::of(&[10; 30]).await;
    scene.head().await;
    for (from, to, begins, ends) in
        [(1, 300, 1, 300), (95, 104, 91, 110), (257, 257, 251, 260), (300, 300, 291, 300)]
    {
        let export = scene.export(from, Some(to)).await;
        let parts = lines(&export);
        let first: Value = serde_json::from_str(&parts[0]).expect("JSON");
        assert_eq!((&first["export"]["from"], &first["export"]["to"]), (&begins.into(), &ends.into()));
        let head: Value = serde_json::from_str(&parts[parts.len() - 2]).expect("JSON");
        assert_eq!(head["head"]["size"], ends);
        assert_eq!(scene.exported(&export, &[]), None, "{from} to {to}");
    }
    assert_eq!(scene.live(&[]).await, None, "heads signed for exports are good like any other");
}

#[tokio::test]
async fn an_export_cut_anywhere_is_not_good() {
    let scene = Scene::of(&[1, 3, 2]).await;
    scene.head().await;
    let export = scene.export(1, None).await;
    let parts = lines(&export);
    for kept in 0..parts.len() {
        let fault = told(scene.exported(&joined(&parts[..kept]), &[]));
        let events = parts[..kept].iter().filter(|line| line.starts_with("{\"event\"")).count();
        assert_eq!(
            fault,
            (kept as u64 + 1, i64::try_from(events).expect("few") + 1),
            "cut after line {kept}"
        );
    }
    let cut = export.len() - parts[parts.len() - 1].len() - 40;
    let fault = told(scene.exported(&export[..cut], &[]));
    assert_eq!(fault.0, parts.len() as u64 - 1, "cut in the middle of a line");
}

#[tokio::test]
async fn lines_broken_swapped_missing_added_or_edited_are_named() {
    let scene = Scene::of(&[1, 1, 1, 4, 1, 1]).await;
    scene.head().await;
    let parts = lines(&scene.export(1, None).await);
    let check = |name: &str, damage: &dyn Fn(&mut Vec<String>), line: usize, position: i64| {
        let mut damaged = parts.clone();
        damage(&mut damaged);
        let fault = told(scene.exported(&joined(&damaged), &[]));
        assert_eq!(fault, (line as u64, position), "{name}");
    };
    let at = |kind: &str, position: i64| line_of(&parts, kind, position);
    let (third, fifth, block) = (at("event", 3), at("event", 5), at("block", 3));
    check("broken", &|l| l[third].truncate(30), third + 1, 3);
    check("broken", &|l| l[third] = "nonsense\n".to_owned(), third + 1, 3);
    check("not UTF-8 escapes", &|l| l[third] = "{\"event\":\"\\ud800\"}\n".to_owned(), third + 1, 3);
    check("empty", &|l| l[third] = "\n".to_owned(), third + 1, 3);
    check("swapped", &|l| l.swap(fifth, fifth + 1), fifth + 1, 5);
    check("missing", &|l| drop(l.remove(third)), third + 1, 3);
    check("twice", &|l| l.insert(third, l[third].clone()), third + 2, 4);
    check("edited", &|l| l[fifth] = l[fifth].replace("\"via\":\"test\"", "\"via\":\"api\""), fifth + 1, 5);
    check("edited", &|l| l[fifth] = l[fifth].replace("\"payload\":\"{", "\"payload\":\" {"), fifth + 1, 5);
    check("block missing", &|l| drop(l.remove(block)), at("block", 7), 3);
    check(
        "block edited",
        &|l| l[block] = l[block].replace("\"first_position\":3", "\"first_position\":2"),
        block + 1,
        3,
    );
    check("head missing", &|l| drop(l.remove(l.len() - 2)), parts.len() - 1, 10);
    check("spaces", &|l| l[third] = l[third].replacen(':', ": ", 1), parts.len(), 10);
    check("more", &|l| l.push("{}\n".to_owned()), parts.len() + 1, 10);
    check("first line missing", &|l| drop(l.remove(0)), 1, 1);
    check("first line twice", &|l| l.insert(1, l[0].clone()), 2, 1);
    check("another version", &|l| l[0] = l[0].replace("\"version\":1", "\"version\":2"), 1, 1);
    check("another end", &|l| l[0] = l[0].replace("\"to\":9", "\"to\":10"), parts.len(), 10);
    check("another beginning", &|l| l[0] = l[0].replace("\"from\":1", "\"from\":0"), 1, 1);
}

#[tokio::test]
async fn another_key_or_a_kept_head_that_does_not_fit_is_refused() {
    let scene = Scene::of(&[2, 2]).await;
    let kept = scene.head().await;
    scene.append(&[2, 2]).await;
    let export = scene.export(1, None).await;
    let wrong = HeadKey::from_seed(&[9; 32]);
    let folder = scene.folder.path();
    let fault = exported(folder, &export, &wrong.public(), &[]).expect("refused");
    assert_eq!(fault.position, 1);
    assert!(fault.what.contains(&scene.key().id()) && fault.what.contains(&wrong.public().id()), "{fault}");
    let forged = wrong.sign(4, kept.root, kept.block_hash, kept.at);
    assert_eq!(told(scene.exported(&export, &[forged])), (1, 1));
    let part = scene.export(7, None).await;
    assert_eq!(
        told(scene.exported(&part, std::slice::from_ref(&kept))),
        (1, 7),
        "it ends before the part begins"
    );
    let next = scene.export(5, None).await;
    assert_eq!(scene.exported(&next, std::slice::from_ref(&kept)), None, "it ends where the part begins");
    assert_eq!(scene.exported(&export, &[kept.clone(), kept]), None);
}

/// What a log of one's own making is worth.
#[tokio::test]
async fn an_export_without_a_head_proves_nothing() {
    let scene = Scene::of(&[2, 2]).await;
    let parts = lines(&scene.export(1, None).await);
    let mut forged: Vec<String> =
        parts.iter().filter(|line| !line.starts_with("{\"head\"")).cloned().collect();
    let end = forged.pop().expect("a last line");
    let hash = ring::digest::digest(&ring::digest::SHA256, forged.concat().as_bytes());
    let mut end: Value = serde_json::from_str(&end).expect("JSON");
    end["end"]["heads"] = 0.into();
    end["end"]["sha256"] = infrastructure::audit::text::to_hex(hash.as_ref()).into();
    forged.push(format!("{end}\n"));
    assert_eq!(told(scene.exported(&joined(&forged), &[])), (forged.len() as u64, 1));
}
