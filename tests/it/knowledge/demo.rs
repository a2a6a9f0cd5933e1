//! The demo's own articles: there once, however often it is started.

use serde_json::{Value, json};
use tests::desk::TestDesk;

use super::{ARTICLES, at, caught_up, send};
use crate::people::command_line::run;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_has_articles_once_and_leaves_alone_what_became_of_them() {
    let desk = TestDesk::open().await;
    let (ivan, ada) = (desk.it_agent().await, desk.user().await);
    let demo = || {
        let output = run(&desk, &["demo", "--tickets", "0", "--output", "json"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")["events"].clone()
    };
    demo();
    caught_up(&desk).await;
    for (who, count) in [(&ada, 12), (&ivan, 13)] {
        let list = desk.get(who, &format!("{ARTICLES}?status=published")).await.expect(200).body;
        assert_eq!(list["total_count"], count);
    }
    let found = desk.get(&ada, "/api/v1/kb/search?q=lost+phone").await.expect(200).body;
    assert_eq!(found["articles"][0]["document_id"], "lost-second-factor");
    let change = json!({ "title": "Ours" });
    let _ = send(&desk, &ivan, reqwest::Method::PATCH, &at("payslip", ""), None, change).await.expect(200);
    assert_eq!(demo(), 0);
    assert_eq!(desk.get(&ada, &at("payslip", "")).await.expect(200).body["title"], "Ours");
    desk.close().await;
}
