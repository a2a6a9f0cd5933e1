//! A file is what its content is, and has to be what its name says.

use tests::desk::TestDesk;

use super::{download, rows, until_nothing_is_stored, upload};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
const ELF: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0";
const SVG: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(document.domain)</script></svg>";
const ZIP: &[u8] = b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_name_says_and_the_content_is_not_is_refused() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    for (name, content) in [
        ("program.png", ELF),
        ("program.png", b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff"),
        ("program.zip", ELF),
        ("script.png", b"#!/bin/sh\nrm -rf /\n"),
        ("page.png", b"<html><script>alert(1)</script></html>"),
        ("page.svg", b"<html><svg></svg></html>"),
        ("picture.jpg", PNG),
        ("program.txt", ELF),
        ("latin.txt", b"gr\xf6\xdfe"),
        ("nul.csv", b"a,b\0c"),
        ("archive.docx", ZIP),
        ("installer.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an installer is packed like this"),
        ("program.exe", ELF),
        ("page.html", b"<html></html>"),
        ("no-ending", b"hello"),
        ("picture.png.exe", PNG),
    ] {
        let refused = upload(&desk, &ada, name, content).await.expect(415);
        assert_eq!(refused.code(), "UNSUPPORTED_MEDIA_TYPE", "{name}");
        let allowed = &refused.body["error"]["details"]["allowed"];
        assert!(allowed.as_array().is_some_and(|allowed| allowed.len() > 20), "{name}: {}", refused.body);
    }
    until_nothing_is_stored(&desk).await;
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_is_only_ever_a_download() {
    let desk = TestDesk::open().await;
    let ada = desk.user().await;
    let bomb = [ZIP, b"PK\x03\x04 ../../../../bin/sh 42.zip", &[0; 64]].concat();
    for (name, content, mime) in [
        ("picture.PNG", PNG, "image/png"),
        ("drawing.svg", SVG, "image/svg+xml"),
        ("42.zip", &bomb, "application/zip"),
        ("page.txt", b"<html><script>alert(1)</script></html>", "text/plain"),
        ("script.md", b"#!/bin/sh\n", "text/markdown"),
        ("document.pdf", b"%PDF-1.7\n1 0 obj <</S/JavaScript/JS(app.alert(1))>>", "application/pdf"),
        ("picture.gif", b"GIF89a\x01\0\x01\0PK\x03\x04 a polyglot", "image/gif"),
        (
            "letter.docx",
            &[ZIP, b"word/document.xml", &[1; 64]].concat(),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
    ] {
        let file = upload(&desk, &ada, name, content).await;
        assert_eq!(file.status.as_u16(), 201, "{name}: {}", file.body);
        // Whatever the form said it was.
        assert_eq!(file.body["mime"], mime, "{name}");
        let fetched = download(&desk, &ada, &file.body).await;
        assert_eq!(fetched.status, 200);
        for (header, value) in [
            ("content-type", mime),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "sandbox; default-src 'none'"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(fetched.header(header), value, "{name}: {header}");
        }
        let disposition = fetched.header("content-disposition");
        assert!(disposition.starts_with("attachment; filename*=UTF-8''"), "{name}: {disposition}");
        let kept = fetched.header("cache-control");
        assert!(kept.contains("private") && kept.contains("no-store"), "{name}: {kept}");
        assert_eq!(fetched.bytes.expect("whole"), content, "{name}: as it was, never unpacked");
    }
    assert_eq!(rows(&desk).await, (0, 8));
    desk.close().await;
}
