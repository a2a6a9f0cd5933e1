//! What everybody is answered: one row per operation and kind of body.

use super::stage::Stage::{self, Open, Resolved};

/// A row: operation, how far along the ticket is, body (or the query, with its question mark), and the status for each asker in the order
/// nobody · owner · other user · IT agent on IT, on HR · HR agent on HR, on IT · agent of neither · admin.
pub(super) struct Row(
    pub(super) &'static str,
    pub(super) Stage,
    pub(super) Option<&'static str>,
    pub(super) [u16; 9],
);

/// For everybody, signed in or not.
const PUBLIC: [u16; 9] = [200; 9];
/// For everybody signed in.
const SIGNED: [u16; 9] = [401, 200, 200, 200, 200, 200, 200, 200, 200];
/// For staff, whatever the ticket.
const STAFF: [u16; 9] = [401, 403, 403, 200, 200, 200, 200, 200, 200];
/// For administrators.
const ADMIN: [u16; 9] = [401, 403, 403, 403, 403, 403, 403, 403, 200];
/// For administrators, if it existed.
const NO_SUCH: [u16; 9] = [401, 403, 403, 403, 403, 403, 403, 403, 404];
/// For administrators, whose it is to wait for.
const QUEUED: [u16; 9] = [401, 403, 403, 403, 403, 403, 403, 403, 202];
/// For administrators, if it were suspected.
const UNFLAGGED: [u16; 9] = [401, 403, 403, 403, 403, 403, 403, 403, 409];
/// For administrators, on tickets that staff see.
const FORCES: [u16; 9] = [401, 403, 404, 403, 404, 403, 404, 404, 200];
/// For administrators, if it were about somebody else than a requester.
const REQUESTER: [u16; 9] = [401, 403, 403, 403, 403, 403, 403, 403, 409];
/// For whoever sees the ticket.
const SEES: [u16; 9] = [401, 200, 404, 200, 404, 200, 404, 404, 200];
/// For staff who see the ticket.
const WORKS: [u16; 9] = [401, 403, 404, 200, 404, 200, 404, 404, 200];
/// The same where who is no staff is told so first.
const STAFF_WHO_SEE: [u16; 9] = [401, 403, 403, 200, 404, 200, 404, 404, 200];
/// For the ticket's owner.
const OWNS: [u16; 9] = [401, 200, 404, 403, 404, 403, 404, 404, 403];

/// The same with 201 for 200.
const fn created(mut row: [u16; 9]) -> [u16; 9] {
    let mut column = 0;
    while column < row.len() {
        if row[column] == 200 {
            row[column] = 201;
        }
        column += 1;
    }
    row
}

/// For everybody signed in, if it existed.
const UNKNOWN: [u16; 9] = [401, 404, 404, 404, 404, 404, 404, 404, 404];

const FILE: &str = "--form\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nhello\r\n--form--\r\n";
/// The browser of RFC 8291, at a push service that there is not.
const BROWSER: &str = r#"{"endpoint":"https://1.1.1.1/<number>","expirationTime":null,"keys":{"p256dh":"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4","auth":"BTBZMqHH6r4Tts7J_aSIgg"}}"#;
const ENTRY: &str = r#"{"code":"new-<number>","name":"Something new"}"#;
const ARTICLE: &str = r#"{"title":"Article <number>","content":"Text.","category":"IT"}"#;
/// For staff, if it existed.
const NO_SUCH_ARTICLE: [u16; 9] = [401, 403, 403, 404, 404, 404, 404, 404, 404];
/// The same for everybody signed in.
const fn every_signed(status: u16) -> [u16; 9] {
    [401, status, status, status, status, status, status, status, status]
}

const LOGIN: &str = r#"{"username":"matrix","password":"correct horse battery"}"#;
const USER: &str = r#"{"username":"new-<number>","email":"new-<number>@example.com","role":"user"}"#;
const REGISTER: &str = r#"{"username":"new-<number>","password":"correct horse battery","email":"new-<number>@example.com","verification_token":"wrong"}"#;
const CHANGE: &str = r#"{"old":"correct horse battery","new":"three blind mice run"}"#;
const ERASE: &str = r#"{"reason":"request_of_person"}"#;
const WEBHOOK: &str = r#"{"url":"https://1.1.1.1/","events":["WebhookReplayed"]}"#;
const TICKET: &str = r#"{"title":"A new one","description":"The same as before."}"#;

pub(super) const TABLE: &[Row] = &[
    Row("root", Open, None, PUBLIC),
    Row("health", Open, None, PUBLIC),
    Row("ready", Open, None, PUBLIC),
    Row("version", Open, None, PUBLIC),
    Row("metrics", Open, None, PUBLIC),
    // Nobody here speaks its protocol, and who they are may be said later.
    Row("open_socket", Open, None, [426; 9]),
    Row("open_chat_socket", Open, None, [426; 9]),
    Row("open_ticket_socket", Open, None, [426; 9]),
    Row("login", Open, Some(LOGIN), PUBLIC),
    Row("refresh", Open, Some(r#"{"refresh_token":"<refresh token>"}"#), PUBLIC),
    // Whoever is signed in may ask like everybody else.
    Row("request_otp", Open, Some(r#"{"email":"otp-<number>@example.com"}"#), [202; 9]),
    Row("verify_otp", Open, Some(r#"{"email":"otp-<number>@example.com","otp":"000000"}"#), [400; 9]),
    Row("register", Open, Some(REGISTER), [422; 9]),
    Row("forgot_password", Open, Some(r#"{"email":"nobody-<number>@example.com"}"#), [202; 9]),
    Row(
        "reset_password",
        Open,
        Some(r#"{"token":"wrong","new_password":"correct horse battery"}"#),
        [400; 9],
    ),
    // Nobody here has a password to show.
    Row("change_password", Open, Some(CHANGE), [401, 422, 422, 422, 422, 422, 422, 422, 422]),
    Row("logout", Open, None, SIGNED),
    Row("me", Open, None, SIGNED),
    Row("list_api_tokens", Open, None, SIGNED),
    Row("issue_api_token", Open, Some(r#"{"name":"matrix","scopes":["tickets:read"]}"#), created(SIGNED)),
    // The token asked about does not exist.
    Row("revoke_api_token", Open, None, [401, 404, 404, 404, 404, 404, 404, 404, 404]),
    Row("list_sessions", Open, None, SIGNED),
    Row("end_other_sessions", Open, None, SIGNED),
    // Nobody has a sign-in of this id.
    Row("end_session", Open, None, [401, 404, 404, 404, 404, 404, 404, 404, 404]),
    Row("read_audit", Open, None, ADMIN),
    Row("read_audit", Open, Some("?action=SignedIn&limit=1"), ADMIN),
    // Nobody here has a password to show, nor a second factor.
    Row("show_two_factor", Open, None, SIGNED),
    Row("set_up_two_factor", Open, None, SIGNED),
    Row("enable_two_factor", Open, Some(r#"{"code":"no code"}"#), every_signed(422)),
    Row("disable_two_factor", Open, Some("{}"), every_signed(409)),
    Row("make_recovery_codes", Open, Some("{}"), every_signed(409)),
    Row("reset_two_factor", Open, None, ADMIN),
    // This desk has no providers.
    Row("list_oidc_providers", Open, None, PUBLIC),
    Row("start_oidc_sign_in", Open, None, [404; 9]),
    Row("finish_oidc_sign_in", Open, None, [404; 9]),
    Row("exchange_oidc_code", Open, Some(r#"{"code":"of nobody"}"#), [400; 9]),
    Row("sign_in_with_google", Open, Some(r#"{"id_token":"of nobody"}"#), [404; 9]),
    Row("link_identity", Open, Some("{}"), every_signed(404)),
    Row("unlink_identity", Open, Some("{}"), every_signed(409)),
    Row("list_projections", Open, None, ADMIN),
    // For administrators, who here name one that does not exist.
    Row("show_projection", Open, None, NO_SUCH),
    Row("rebuild_projection", Open, None, NO_SUCH),
    // Entries that do not exist, but for those that are added.
    Row("list_departments", Open, None, SIGNED),
    Row("add_department", Open, Some(ENTRY), created(ADMIN)),
    Row("show_department", Open, None, UNKNOWN),
    Row("change_department", Open, Some(r#"{"name":"Another"}"#), NO_SUCH),
    Row("remove_department", Open, None, NO_SUCH),
    Row("list_buildings", Open, None, SIGNED),
    Row("add_building", Open, Some(ENTRY), created(ADMIN)),
    Row("show_building", Open, None, UNKNOWN),
    Row("change_building", Open, Some(r#"{"name":"Another"}"#), NO_SUCH),
    Row("remove_building", Open, None, NO_SUCH),
    Row("list_categories", Open, None, SIGNED),
    Row("add_category", Open, Some(ENTRY), created(ADMIN)),
    Row("show_category", Open, None, UNKNOWN),
    Row("change_category", Open, Some(r#"{"name":"Another"}"#), NO_SUCH),
    Row("remove_category", Open, None, NO_SUCH),
    Row("list_teams", Open, None, SIGNED),
    Row("add_team", Open, Some(ENTRY), created(ADMIN)),
    Row("show_team", Open, None, UNKNOWN),
    Row("change_team", Open, Some(r#"{"name":"Another"}"#), NO_SUCH),
    Row("remove_team", Open, None, NO_SUCH),
    Row("list_organizations", Open, None, SIGNED),
    Row("add_organization", Open, Some(ENTRY), created(ADMIN)),
    Row("show_organization", Open, None, UNKNOWN),
    Row("change_organization", Open, Some(r#"{"name":"Another"}"#), NO_SUCH),
    Row("remove_organization", Open, None, NO_SUCH),
    Row("list_tags", Open, None, SIGNED),
    Row("add_tag", Open, Some(ENTRY), created(ADMIN)),
    Row("show_tag", Open, None, UNKNOWN),
    Row("change_tag", Open, Some(r#"{"name":"Another"}"#), NO_SUCH),
    Row("remove_tag", Open, None, NO_SUCH),
    // Articles that do not exist, but for those that are written and stay drafts.
    Row("list_articles", Open, None, SIGNED),
    Row("list_articles", Open, Some("?category=IT&tag=vpn&sort=-view_count"), SIGNED),
    Row("search_articles", Open, Some("?q=vpn"), SIGNED),
    Row("write_article", Open, Some(ARTICLE), created(STAFF)),
    Row("show_article", Open, None, UNKNOWN),
    Row("revise_article", Open, Some(r#"{"title":"Another"}"#), NO_SUCH_ARTICLE),
    Row("remove_article", Open, None, NO_SUCH_ARTICLE),
    Row("publish_article", Open, None, NO_SUCH_ARTICLE),
    Row("archive_article", Open, None, NO_SUCH_ARTICLE),
    Row("list_article_versions", Open, None, NO_SUCH_ARTICLE),
    Row("list_article_votes", Open, None, NO_SUCH_ARTICLE),
    Row("vote_on_article", Open, Some(r#"{"helpful":true}"#), UNKNOWN),
    Row("list_settings", Open, None, ADMIN),
    Row("change_settings", Open, Some(r#"{"reopen_window_days":14}"#), ADMIN),
    Row("list_feature_flags", Open, None, ADMIN),
    Row("change_feature_flags", Open, Some(r#"{"api_docs":true}"#), ADMIN),
    Row("list_users", Open, None, ADMIN),
    Row("create_user", Open, Some(USER), created(ADMIN)),
    // The user asked about is the owner, who filed tickets with both departments.
    Row("show_user", Open, None, [401, 200, 404, 200, 200, 200, 200, 404, 200]),
    Row("edit_user", Open, Some(r#"{"capacity":5}"#), REQUESTER),
    Row("edit_user", Open, Some(r#"{"role":"user"}"#), ADMIN),
    Row("edit_user", Open, Some(r#"{"password":"three blind mice run"}"#), ADMIN),
    Row("unlock_user", Open, None, ADMIN),
    Row("list_user_tickets", Open, None, STAFF),
    Row("edit_me", Open, Some(r#"{"timezone":"Europe/Berlin"}"#), SIGNED),
    Row("show_my_availability", Open, None, STAFF),
    Row("set_my_availability", Open, Some(r#"{"is_available":true}"#), STAFF),
    // For administrators, who here name a requester.
    Row("show_agent_availability", Open, None, NO_SUCH),
    Row("set_agent_availability", Open, Some(r#"{"is_available":true}"#), REQUESTER),
    Row("erase_user", Open, Some(ERASE), [401, 200, 404, 404, 404, 404, 404, 404, 200]),
    // Nobody was erased: only an administrator gets to hear that.
    Row("show_erasure", Open, None, [401, 403, 403, 403, 403, 403, 403, 403, 404]),
    // The owner is a requester, about whom agents may ask.
    Row("list_user_activity", Open, None, STAFF),
    Row("export_user", Open, None, [401, 200, 404, 404, 404, 404, 404, 404, 200]),
    Row("list_agents", Open, None, STAFF),
    Row("user_home", Open, None, SIGNED),
    Row("agent_home", Open, None, STAFF),
    Row("admin_home", Open, None, ADMIN),
    Row("list_tickets", Open, None, SIGNED),
    Row("list_tickets", Open, Some("?as_of=2099-01-01T00:00:00Z"), SIGNED),
    Row("list_patterns", Open, None, STAFF),
    Row("list_alerts", Open, Some("?days=1"), STAFF),
    Row("show_agent_tools", Open, None, STAFF),
    Row("list_models", Open, None, ADMIN),
    // There are too few tickets to learn from, and so no model.
    Row("retrain_model", Open, None, UNFLAGGED),
    Row("promote_model", Open, None, NO_SUCH),
    Row("create_ticket", Open, Some(TICKET), created(SIGNED)),
    Row("show_ticket", Open, None, SEES),
    Row("show_ticket", Open, Some("?as_of=1&include=history"), SEES),
    Row("edit_ticket", Open, Some(r#"{"urgency":"high"}"#), SEES),
    Row("edit_ticket", Open, Some(r#"{"title":"Another title"}"#), OWNS),
    Row("edit_ticket", Open, Some(r#"{"impact":"high"}"#), WORKS),
    Row("edit_ticket", Open, Some(r#"{"status":"in_progress"}"#), WORKS),
    Row("set_ticket_status", Open, Some(r#"{"status":"in_progress"}"#), WORKS),
    Row("resolve_ticket", Open, Some(r#"{"resolution":"Toner replaced."}"#), SEES),
    Row("close_ticket", Resolved, None, WORKS),
    Row("reopen_ticket", Resolved, Some(r#"{"reason":"It is back."}"#), SEES),
    Row("assign_ticket", Open, Some(r#"{"agent_id":"<it agent>"}"#), WORKS),
    Row("claim_ticket", Open, None, WORKS),
    Row("unassign_ticket", Open, None, WORKS),
    Row("transfer_ticket", Open, Some(r#"{"department":"FACILITIES"}"#), SEES),
    Row("classify_text", Open, Some(r#"{"title":"VPN","description":"It does not connect."}"#), STAFF),
    Row("ask_self_serve", Open, Some(r#"{"query":"Where is the canteen?"}"#), SIGNED),
    Row("show_self_serve", Open, None, SIGNED),
    Row("send_chat_message", Open, Some(r#"{"content":"Where is the canteen?"}"#), SIGNED),
    // Nobody here began the conversation that is asked about.
    Row("show_chat", Open, None, UNKNOWN),
    Row("file_chat", Open, None, UNKNOWN),
    Row("suggest_reply", Open, Some(r#"{"ticket_id":"999999"}"#), NO_SUCH_ARTICLE),
    Row("draft_reply", Open, None, STAFF_WHO_SEE),
    Row("judge_suggestion", Open, Some(r#"{"outcome":"sent"}"#), NO_SUCH_ARTICLE),
    Row("find_similar_tickets", Open, None, STAFF_WHO_SEE),
    Row("summarize_ticket", Open, None, STAFF_WHO_SEE),
    Row("list_knowledge_gaps", Open, None, STAFF),
    Row("flag_ticket", Open, Some(r#"{"reason":"Advertises"}"#), WORKS),
    Row("clear_ticket_flag", Open, None, ADMIN),
    Row("confirm_ticket_misuse", Open, None, UNFLAGGED),
    Row("merge_ticket", Open, Some(r#"{"into":"<other ticket>"}"#), WORKS),
    Row("unmerge_ticket", Open, None, WORKS),
    Row(
        "split_ticket",
        Open,
        Some(r#"{"title":"Another problem","message_ids":["<message>"]}"#),
        created(WORKS),
    ),
    // A ticket that was not split off; those that were are in tests/it/splits/undoing.rs.
    Row("unsplit_ticket", Open, None, [401, 403, 404, 409, 404, 409, 404, 404, 409]),
    Row("list_ticket_links", Open, None, WORKS),
    Row("link_ticket", Open, Some(r#"{"type":"relates","to":"<other ticket>"}"#), created(WORKS)),
    Row("link_ticket", Open, Some(r#"{"type":"external","url":"https://example.org"}"#), created(WORKS)),
    // A link that does not exist; those that do are in tests/it/links/.
    Row("unlink_ticket", Open, None, [401, 403, 404, 404, 404, 404, 404, 404, 404]),
    Row("give_ticket_feedback", Resolved, Some(r#"{"rating":5,"comment":"Thanks."}"#), OWNS),
    Row("show_ticket_history", Open, None, SEES),
    Row("show_ticket_history", Open, Some("?as_of=2099-01-01T00:00:00Z"), SEES),
    Row("list_ticket_events", Open, None, SEES),
    Row("explain_ticket_field", Open, Some("?field=status"), SEES),
    Row("prove_ticket", Open, None, ADMIN),
    Row("show_audit_key", Open, None, PUBLIC),
    Row("show_audit_head", Open, None, ADMIN),
    Row("list_audit_checkpoints", Open, None, ADMIN),
    Row("prove_event", Open, Some("?pos=1"), ADMIN),
    Row("prove_consistency", Open, Some("?from=1"), ADMIN),
    Row("export_log", Open, None, ADMIN),
    Row("list_events", Open, None, ADMIN),
    // Everybody follows what is theirs to see.
    Row("follow_events", Open, None, SIGNED),
    Row("put_consumer", Open, Some(r#"{"from":"end"}"#), created(ADMIN)),
    Row("put_consumer", Open, Some(r#"{"types":["TicketResolved"]}"#), ADMIN),
    Row("ack_events", Open, Some(r#"{"pos":1,"reset":true}"#), ADMIN),
    Row("list_consumers", Open, None, ADMIN),
    Row("show_consumer", Open, None, ADMIN),
    Row("remove_consumer", Open, None, [401, 403, 403, 403, 403, 403, 403, 403, 204]),
    Row("upload_attachment", Open, Some(FILE), created(SIGNED)),
    Row("upload_ticket_attachment", Open, Some(FILE), created(SEES)),
    Row("list_ticket_attachments", Open, None, SEES),
    // A file that does not exist; those that do are in tests/it/attachments/access.rs.
    Row("show_attachment", Open, None, UNKNOWN),
    Row("download_attachment", Open, None, UNKNOWN),
    Row("link_attachment", Open, None, UNKNOWN),
    Row("remove_attachment", Open, None, UNKNOWN),
    Row("list_messages", Open, None, SEES),
    Row("list_messages", Open, Some("?as_of=2099-01-01T00:00:00Z"), SEES),
    Row("post_message", Open, Some(r#"{"content":"Any news?"}"#), created(SEES)),
    Row("post_message", Open, Some(r#"{"content":"Psst.","is_internal":true}"#), created(WORKS)),
    Row("show_draft", Open, None, UNKNOWN),
    Row("keep_draft", Open, Some(r#"{"content":"Any ne"}"#), created(SEES)),
    Row("keep_draft", Open, Some(r#"{"content":"Pss","is_internal":true}"#), created(WORKS)),
    Row("discard_draft", Open, None, [401, 204, 404, 204, 404, 204, 404, 404, 204]),
    // Nobody whom anybody here names sees the ticket, or exists.
    Row("follow_ticket", Open, None, [401, 403, 404, 409, 404, 409, 404, 404, 409]),
    Row("unfollow_ticket", Open, None, WORKS),
    Row("redact_message", Open, Some(r#"{"all":true,"reason":"A name"}"#), FORCES),
    Row("judge_message", Open, Some(r#"{"feedback":"up"}"#), SEES),
    Row("assign_ticket", Open, Some(r#"{"agent_id":"<it agent>","force":true}"#), FORCES),
    // Webhooks that do not exist, but for one that is added and told of nothing that happens here.
    Row("list_webhooks", Open, None, ADMIN),
    Row("add_webhook", Open, Some(WEBHOOK), created(ADMIN)),
    Row("show_webhook", Open, None, NO_SUCH),
    Row("change_webhook", Open, Some(r#"{"enabled":false}"#), NO_SUCH),
    Row("remove_webhook", Open, None, NO_SUCH),
    Row("test_webhook", Open, None, NO_SUCH),
    Row("rotate_webhook_secret", Open, None, NO_SUCH),
    Row("replay_webhook", Open, Some(r#"{"from_pos":1}"#), NO_SUCH),
    Row("list_webhook_deliveries", Open, None, NO_SUCH),
    Row("redeliver_webhook", Open, None, NO_SUCH),
    // Reports and runs that do not exist; those that do are in tests/it/misuse/.
    Row("list_misuse_reports", Open, None, ADMIN),
    Row("list_misuse_reports", Open, Some("?unreviewed=true&severity=high&type=spam_content"), ADMIN),
    Row("show_misuse_report", Open, None, NO_SUCH),
    Row("review_misuse_report", Open, Some(r#"{"action_taken":"Talked to them."}"#), NO_SUCH),
    Row("review_misuse_report_by_name", Open, Some(r#"{"report_id":"<it agent>"}"#), NO_SUCH),
    Row("trigger_misuse_detection", Open, Some(r#"{"window_hours":1}"#), QUEUED),
    Row("show_scheduler_status", Open, None, ADMIN),
    Row("show_job", Open, None, NO_SUCH),
    Row("run_job", Open, None, NO_SUCH),
    // Everybody's own; those that do not exist are nobody's.
    Row("list_notifications", Open, None, SIGNED),
    Row("list_notifications", Open, Some("?unread=true&type=mention"), SIGNED),
    Row("count_unread_notifications", Open, None, SIGNED),
    Row("read_notification", Open, None, UNKNOWN),
    Row("unread_notification", Open, None, UNKNOWN),
    Row("delete_notification", Open, None, UNKNOWN),
    Row("read_all_notifications", Open, None, SIGNED),
    Row("show_notification_preferences", Open, None, SIGNED),
    Row("change_notification_preferences", Open, Some(r#"{"digest":{"every":"hour"}}"#), SIGNED),
    Row("mute_ticket", Open, None, SEES),
    // By its id also a ticket that they do not see: it is a line of their own list.
    Row("unmute_ticket", Open, None, SIGNED),
    // Browsers that do not exist, but for one each that is registered and told nothing.
    Row("list_push_subscriptions", Open, None, SIGNED),
    Row("add_push_subscription", Open, Some(BROWSER), created(SIGNED)),
    Row("remove_push_subscription", Open, None, UNKNOWN),
    Row("remove_push_subscription_at", Open, Some(r#"{"endpoint":"https://1.1.1.1/"}"#), UNKNOWN),
    Row("test_push_subscription", Open, None, UNKNOWN),
    // On this machine to everybody; from elsewhere: tests/it/internal/.
    Row("on_ticket_created", Open, Some(r#"{"ticket_id":"999999999"}"#), [404; 9]),
    Row("on_misuse_detected", Open, Some(r#"{"user_id":"<it agent>","misuse_type":"spam"}"#), PUBLIC),
    Row("on_message_sent", Open, Some(r#"{"ticket_id":"999999999","message":"Hello"}"#), [404; 9]),
    Row("on_ai_reply_suggested", Open, Some(r#"{"ticket_id":"999999999","reply":"Hello"}"#), [404; 9]),
    Row("internal_health", Open, None, PUBLIC),
    // Last: the rows before need the owner, who is deactivated here, activated again, and deleted.
    Row("deactivate_user", Open, None, ADMIN),
    Row("activate_user", Open, None, [401, 401, 403, 403, 403, 403, 403, 403, 200]),
    Row("delete_user", Open, None, ADMIN),
];
