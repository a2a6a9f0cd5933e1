//! Uploads: whole or nothing, counted while they come, under names that do no harm.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tests::desk::{Somebody, TestDesk};
use tests::process::{free_port, scratch};
use tests::server::Server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{
    BOUNDARY, at, download, form, id_of, path_of, rows, send_form, sha256, stored, text, until,
    until_nothing_is_stored, upload,
};

const MOST: usize = 10 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_kept_sealed_and_comes_back_as_it_was() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    for size in [1, 65_535, 65_536, 65_537, 3 * 65_536, 1_500_000] {
        let content = text(size);
        let file = upload(&desk, &ada, "größe & \"co\".txt", &content).await.expect(201).body;
        assert_eq!(file["name"], "größe & \"co\".txt");
        assert_eq!((&file["size"], &file["mime"]), (&json!(size), &json!("text/plain")));
        assert_eq!(file["sha256"], sha256(&content));
        assert!(file.get("ticket_id").is_none(), "{file}");
        let fetched = download(&desk, &ada, &file).await;
        assert_eq!((fetched.status, fetched.bytes.expect("whole") == content), (200, true), "{size}");
        let shown = desk.get(&ada, &at(&file, "")).await.expect(200).body;
        assert_eq!(shown, file);
    }
    for path in stored(&desk) {
        let bytes = std::fs::read(&path).expect("readable");
        assert!(!bytes.windows(4).any(|window| window == b"qzat"), "{}", path.display());
        assert!(path.to_string_lossy().ends_with(|c: char| c.is_ascii_hexdigit()), "{}", path.display());
    }
    let named: i64 =
        sqlx::query_scalar("select count(*) from desk.attachments a where a::text like '%größe%'")
            .fetch_one(desk.desk.pool())
            .await
            .expect("a count");
    assert_eq!(named, 0, "names are sealed, too");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_megabytes_are_taken_and_one_byte_more_is_not() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let file = upload(&desk, &ada, "large.txt", &text(MOST)).await.expect(201).body;
    assert_eq!(file["size"], MOST);
    let (files, kept) = (stored(&desk).len(), rows(&desk).await);
    let refused = upload(&desk, &ada, "larger.txt", &text(MOST + 1)).await.expect(413);
    assert_eq!(refused.code(), "PAYLOAD_TOO_LARGE");
    assert!(refused.body.to_string().contains("10485760"), "{}", refused.body);
    // Much more is not even read to its end by whoever stores it.
    let _ = upload(&desk, &ada, "largest.txt", &text(20_000_000)).await.expect(413);
    until("nothing stays of it", async || stored(&desk).len() == files && rows(&desk).await == kept).await;
    // No other body may be as long.
    let long =
        desk.request(Some(&ada), Method::POST, "/api/v1/tickets").header("Content-Type", "application/json");
    let _ = desk.send(long.body(vec![b' '; 2_000_000])).await.expect(413);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limit_is_what_the_operator_sets() {
    let database = tests::postgres::TestDatabase::create().await;
    let desk = TestDesk::with(database, &[("MAX_FILE_SIZE", "100")]).await;
    let ada = desk.user().await;
    let _ = upload(&desk, &ada, "a.txt", &text(100)).await.expect(201);
    let _ = upload(&desk, &ada, "a.txt", &text(101)).await.expect(413);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_are_cleaned_and_name_nothing_on_the_disk() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    for (raw, name) in [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\x.txt", "x.txt"),
        ("/etc/cron.d/x.txt", "x.txt"),
        (".\u{200B}htaccess.txt", "htaccess.txt"),
        ("txt.\u{202E}exe.txt", "txt.exe.txt"),
        ("CON.txt", "CON.txt"),
    ] {
        let file = upload(&desk, &ada, raw, b"hello").await.expect(201).body;
        assert_eq!(file["name"], name, "{raw:?}");
    }
    let long = upload(&desk, &ada, &format!("{}.txt", "ü".repeat(2_048)), b"hello").await.expect(201).body;
    assert!(long["name"].as_str().expect("a name").len() <= 255, "{long}");
    // Without its folders it has no ending that is allowed.
    let _ = upload(&desk, &ada, "../../etc/passwd", b"root:x:0:0").await.expect(415);
    for bad in ["..", ".", "/", "\u{202E}"] {
        let _ = upload(&desk, &ada, bad, b"hello").await.expect(422);
    }
    for path in stored(&desk) {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(uuid::Uuid::try_parse(&name).is_ok(), "{name}");
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_form_with_one_file_is_refused() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let one = form("a.txt", b"hello");
    let two = {
        let cut = one.len() - format!("--{BOUNDARY}--\r\n").len();
        [&one[..cut], &one].concat()
    };
    let field =
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n--{BOUNDARY}--\r\n");
    let none = format!("--{BOUNDARY}--\r\n");
    let half = one[..one.len() - 20].to_vec();
    for (what, body, status) in [
        ("two files", two, 422),
        ("a field", field.into_bytes(), 422),
        ("no file", none.into_bytes(), 422),
        ("an empty file", form("a.txt", b""), 422),
        ("half a form", half, 400),
        ("no form", b"hello".to_vec(), 400),
    ] {
        let refused = send_form(&desk, &ada, "/api/v1/attachments", body).await;
        assert_eq!(refused.status.as_u16(), status, "{what}: {}", refused.body);
        assert!(!refused.code().is_empty(), "{what}");
    }
    let _ = desk.post(&ada, "/api/v1/attachments", json!({})).await.expect(415);
    let keyed = desk.request(Some(&ada), Method::POST, "/api/v1/attachments").header("Idempotency-Key", "k");
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let _ = desk.send(keyed.header("Content-Type", kind).body(one)).await.expect(422);
    until_nothing_is_stored(&desk).await;
    desk.close().await;
}

/// Sends the head of an upload of `who` and half of its content. Without a length nothing says how much is missing, but
/// for the last chunk, which does not come.
async fn send_half(desk: &TestDesk, who: &Somebody, path: &str, has_length: bool) -> TcpStream {
    let body = form("half.txt", &text(4_000_000));
    let (url, half) = (desk.url(""), &body[..2_500_000]);
    let host = url.trim_start_matches("http://");
    let (length, sent) = if has_length {
        (format!("Content-Length: {}", body.len()), half.to_vec())
    } else {
        let chunk = [format!("{:x}\r\n", half.len()).as_bytes(), half, b"\r\n"].concat();
        ("Transfer-Encoding: chunked".to_owned(), chunk)
    };
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\n{length}\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n",
        who.token,
    );
    let mut stream = TcpStream::connect(host).await.expect("connected");
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream.write_all(&sent).await.expect("sent");
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_is_cut_off_stores_nothing() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let decided = desk.decided().await;
    let places = ["/api/v1/attachments".to_owned(), format!("{}/attachments", path_of(&ticket))];
    for (path, has_length) in places.iter().flat_map(|path| [(path, true), (path, false)]) {
        let stream = send_half(&desk, &ada, path, has_length).await;
        until("something is under way", async || rows(&desk).await.0 == 1 && !stored(&desk).is_empty()).await;
        drop(stream);
        until_nothing_is_stored(&desk).await;
    }
    assert_eq!(desk.decided().await, decided);
    let listed = desk.get(&ada, &format!("{}/attachments", path_of(&ticket))).await.expect(200).body;
    assert_eq!(listed["total_count"], 0);
    desk.close().await;
}

/// What a process left that died in the middle of an upload, or that nobody used within a day.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_over_is_swept_away_and_what_is_used_is_not() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let ticket = desk.ticket(&ada, Some("IT")).await;
    let unused = upload(&desk, &ada, "unused.txt", b"unused").await.expect(201).body;
    let used = upload(&desk, &ada, "used.txt", b"used").await.expect(201).body;
    let said = json!({ "content": "See there.", "attachment_ids": [id_of(&used)] });
    let _ = desk.post(&ada, &format!("{}/messages", path_of(&ticket)), said).await.expect(201);
    let fresh = upload(&desk, &ada, "fresh.txt", b"fresh").await.expect(201).body;
    // A process died while it wrote, and another one between the object and its row.
    let [half, whole] = [1, 2].map(|_| uuid::Uuid::now_v7());
    for (id, suffix) in [(half, "#1"), (whole, "")] {
        let shelf = desk.data().join(format!("attachments/{:02x}", id.as_bytes()[15]));
        std::fs::create_dir_all(&shelf).expect("a folder");
        std::fs::write(shelf.join(format!("{id}{suffix}")), b"sealed").expect("written");
        let begun = "insert into desk.uploads (id, started_at) values ($1, now() - interval '2 hours')";
        sqlx::query(begun).bind(id).execute(desk.desk.pool()).await.expect("noted");
    }
    let age =
        "update desk.attachments set touched_at = now() - interval '25 hours' where id <> $1::text::uuid";
    sqlx::query(age).bind(id_of(&fresh)).execute(desk.desk.pool()).await.expect("aged");
    until("the rest is swept away", async || stored(&desk).len() == 2 && rows(&desk).await == (0, 2)).await;
    assert_eq!(download(&desk, &ada, &unused).await.status, 404);
    for (file, content) in [(&used, b"used".to_vec()), (&fresh, b"fresh".to_vec())] {
        assert_eq!(download(&desk, &ada, file).await.bytes.expect("whole"), content);
    }
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(rows(&desk).await, (0, 2), "what the log has stays for good");
    desk.close().await;
}

/// Many at once: what is in memory is a piece of each, not the whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_are_not_held_in_memory() {
    let data = scratch("memory");
    let mut server = Server::start(data.path(), free_port());
    server.ready().await;
    let (base, token) = (server.base(), server.sign_in().await);
    let host = base.trim_start_matches("http://");
    // Twenty slow ones, of ten megabytes each but for their last kilobyte.
    let body = form("slow.txt", &text(MOST));
    let before = server.resident();
    let mut streams = Vec::new();
    for _ in 0..20 {
        let head = format!(
            "POST /api/v1/attachments HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\
             Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(host).await.expect("connected");
        stream.write_all(head.as_bytes()).await.expect("sent");
        stream.write_all(&body[..body.len() - 1_024]).await.expect("sent");
        streams.push(stream);
    }
    let grown = server.resident().saturating_sub(before);
    assert!(grown < 100_000, "{grown} KiB for 200 MiB of uploads");
    for stream in &mut streams {
        stream.write_all(&body[body.len() - 1_024..]).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    }
    server.stop();
}
