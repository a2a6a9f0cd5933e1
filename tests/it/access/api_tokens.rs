//! API tokens: what each scope lets in to, and what none does.

use domain::scope::Scope;
use serde_json::json;
use tests::desk::Somebody;

use super::document::{Operation, Takes, operations};
use super::stage::{Asker, Cast};
use super::table::{Row, TABLE};

const ALL: [Scope; 11] = [
    Scope::TicketsRead,
    Scope::TicketsWrite,
    Scope::EventsRead,
    Scope::AuditRead,
    Scope::UsersRead,
    Scope::UsersWrite,
    Scope::Impersonate,
    Scope::Admin,
    Scope::Internal,
    Scope::KnowledgeRead,
    Scope::KnowledgeWrite,
];
/// Those that everybody may give to a token of their own.
const OWN: [Scope; 4] =
    [Scope::TicketsRead, Scope::TicketsWrite, Scope::KnowledgeRead, Scope::KnowledgeWrite];

/// A token of `owner` for `scopes`.
async fn token(cast: &Cast, owner: &Somebody, scopes: &[Scope]) -> Somebody {
    let body = json!({ "name": "matrix", "scopes": scopes });
    let issued = cast.desk.post(&cast.signed_in_anew(owner), "/api/v1/auth/tokens", body).await.expect(201);
    Somebody { token: issued.body["secret"].as_str().expect("a secret").to_owned(), ..owner.clone() }
}

/// What is wrong with how `holder` is answered, if `expected` is right.
async fn fault(
    cast: &Cast,
    row: &Row,
    operation: &Operation,
    holder: (Asker, &Somebody),
    expected: u16,
) -> Option<String> {
    let Row(id, stage, body, _) = row;
    let (asker, holder) = holder;
    let subject =
        if operation.is_about_a_ticket() { Some(cast.subject(asker, *stage, *body).await) } else { None };
    let head = cast.desk.decided().await;
    let answer = cast.ask(Some(holder), operation, *body, subject.as_ref()).await;
    let said = format!("{id} {} by a token of {asker:?}", body.unwrap_or_default());
    if answer.status.as_u16() != expected {
        return Some(format!("{said}: {} instead of {expected}: {}", answer.status, answer.body));
    }
    let appended = cast.desk.decided().await - head;
    (expected >= 400 && appended != 0)
        .then(|| format!("{said}: refused, and the log has {appended} events more"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_let_in_to_what_its_scope_is_for_and_to_nothing_else() {
    let cast = Cast::assemble().await;
    let (operations, mut wrong, mut asked) = (operations(), Vec::new(), 0);
    let admin = cast.person(Asker::Admin).expect("somebody").clone();
    let everything = token(&cast, &admin, &ALL).await;
    let mut tokens = Vec::new();
    for scope in ALL {
        let others: Vec<Scope> = ALL.into_iter().filter(|other| *other != scope).collect();
        tokens.push((scope, token(&cast, &admin, &[scope]).await, token(&cast, &admin, &others).await));
    }
    for row @ Row(id, _, _, expected) in TABLE {
        let Some(operation) = operations.iter().find(|operation| operation.id == *id) else { continue };
        let expected = expected[Asker::ALL.len() - 1];
        let tries = match &operation.takes {
            // Whoever is not asked for a token may show one.
            _ if !operation.is_guarded => vec![(&everything, expected)],
            Takes::None => vec![(&everything, 403)],
            Takes::Any => vec![(&tokens[0].1, expected), (&tokens[7].1, expected)],
            Takes::Scope(word) => {
                let (_, with, without) =
                    tokens.iter().find(|(scope, ..)| scope.as_str() == word).expect("a scope that exists");
                vec![(without, 403), (with, expected)]
            }
        };
        for (holder, expected) in tries {
            wrong.extend(fault(&cast, row, operation, (Asker::Admin, holder), expected).await);
            asked += 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {asked} requests:\n{}", wrong.len(), wrong.join("\n"));
    cast.desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_never_does_more_than_its_owner() {
    let cast = Cast::assemble().await;
    let (operations, mut wrong, mut asked) = (operations(), Vec::new(), 0);
    for (column, asker) in Asker::ALL.into_iter().enumerate() {
        if !matches!(asker, Asker::Owner | Asker::OtherUser | Asker::ItAgentOnIt | Asker::HrAgentOnIt) {
            continue;
        }
        let owner = cast.person(asker).expect("somebody").clone();
        let holder = token(&cast, &owner, &OWN).await;
        for row @ Row(id, _, _, expected) in TABLE {
            let Some(operation) = operations.iter().find(|operation| operation.id == *id) else { continue };
            if !operation.is_guarded {
                continue;
            }
            let is_let_in = match &operation.takes {
                Takes::None => false,
                Takes::Any => true,
                Takes::Scope(word) => OWN.iter().any(|scope| scope.as_str() == word),
            };
            let expected = if is_let_in { expected[column] } else { 403 };
            wrong.extend(fault(&cast, row, operation, (asker, &holder), expected).await);
            asked += 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {asked} requests:\n{}", wrong.len(), wrong.join("\n"));
    cast.desk.close().await;
}
