//! The examples of the knowledge base.

use domain::id::ArticleId;
use domain::knowledge::ArticleEvent;
use domain::knowledge::reception::{ReceptionEvent, UsedBy};
use domain::knowledge::values::{ArticleCategory, Filing, Visibility};
use uuid::Uuid;

use super::examples::{ADA, SESSION, code, sealed};

pub(super) fn article_examples() -> Vec<ArticleEvent> {
    let filing = |visibility| Filing {
        category: ArticleCategory::It,
        department: Some(code("IT")),
        tags: vec!["travel".parse().expect("a tag"), "vpn".parse().expect("a tag")],
        visibility,
    };
    vec![
        ArticleEvent::ArticleCreated {
            document_id: "vpn-from-home".parse().expect("an id"),
            title: "Connect from home".to_owned(),
            content: "1. Start the VPN.\n2. Sign in.".to_owned(),
            filing: filing(Visibility::Public),
        },
        ArticleEvent::ArticleRevised {
            title: Some("Connect from elsewhere".to_owned()),
            content: Some("Start the VPN.".to_owned()),
            filing: Some(filing(Visibility::Internal)),
        },
        ArticleEvent::ArticlePublished {},
        ArticleEvent::ArticleArchived {},
    ]
}

pub(super) fn reception_examples() -> Vec<ReceptionEvent> {
    let article = ArticleId(Uuid::from_u128(SESSION.as_u128() + 21));
    vec![
        ReceptionEvent::ArticleVoted {
            article,
            user: ADA,
            helpful: true,
            comment: Some(sealed("Step 3 is another one on Macs.")),
        },
        ReceptionEvent::ArticleUsed { article, by: UsedBy::Chatbot },
    ]
}
