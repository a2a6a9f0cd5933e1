//! The knowledge base: articles, votes on them, and that they were used.

use domain::access::Department;
use domain::change::Change;
use domain::event::StreamType;
use domain::id::ArticleId;
use domain::knowledge::reception::{ReceptionEvent, UsedBy, Vote};
use domain::knowledge::values::{ArticleStatus, DocumentId, Filing, Visibility};
use domain::knowledge::{Article, ArticleChanges, ArticleCommand, ArticleError, Readership, Written};
use uuid::Uuid;

use crate::ledger::{Append, Claim, ClaimKind, StreamAppend};
use crate::{Commands, Done, Error, Loaded, Request};

/// How many articles of one title are called after it, one behind the other.
const SAME_TITLE: u32 = 10_000;

/// An article to be written.
#[derive(Debug, Clone)]
pub struct NewArticle {
    /// Its identity, unless the same request wrote it before.
    pub id: ArticleId,
    /// Its name in addresses; none is made of the title.
    pub document_id: Option<DocumentId>,
    /// What it is about, in a line.
    pub title: String,
    /// What it says.
    pub content: String,
    /// Where it is kept and whom it is for.
    pub filing: Filing,
    /// Whether its readers see it from the first moment on.
    pub publish: bool,
}

/// What became of an article that was imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// It is new.
    Added,
    /// It says something else now, or is published now.
    Revised,
    /// It was so already.
    Unchanged,
    /// It was archived, and is left so.
    Archived,
}

fn claim(document_id: &DocumentId, holder: ArticleId) -> Claim {
    Claim { kind: ClaimKind::DocumentId, value: document_id.to_string(), holder: holder.0 }
}

impl Commands {
    /// Writes an article under a document id that no other has; gives its identity, which is another one if the same request
    /// wrote it before.
    ///
    /// # Errors
    /// Refused by the rules, or [`Error::Taken`] if a document id was given.
    pub async fn write_article(
        &self,
        request: &Request,
        new: NewArticle,
    ) -> Result<(ArticleId, Done), Error> {
        let id = new.id;
        let done = match new.document_id.clone() {
            Some(document_id) => self.write_as(request, &new, &document_id).await?,
            None => self.write_by_title(request, &new).await?,
        };
        match done {
            Done::Changed(appended) if appended.repeated => {
                let first = self.ledger.read_range(appended.first, appended.first).await?;
                Ok((first.first().map_or(id, |recorded| ArticleId(recorded.stream)), done))
            }
            _ => Ok((id, done)),
        }
    }

    /// Does to the article `id` what `command` asks for.
    ///
    /// # Errors
    /// Refused by the rules, or the article is not at the version the caller insists on.
    pub async fn article(
        &self,
        request: &Request,
        id: ArticleId,
        command: ArticleCommand,
    ) -> Result<Done, Error> {
        let command = &command;
        self.settle(request, |fresh| {
            Box::pin(async move {
                let article = self.articles.load(id.0, fresh).await?;
                request.insist_on(&article)?;
                if let ArticleCommand::Revise(ArticleChanges { department: Change::Set(code), .. }) = command
                {
                    self.check_department(Some(code)).await?;
                }
                Ok(request.append(vec![article.decide(id.0, request.issue(command.clone()))?]))
            })
        })
        .await
    }

    /// Notes what the caller says of the article `id`: one vote for each person, of which the last one counts.
    ///
    /// # Errors
    /// Refused by the rules: what is not there for the caller does not exist.
    pub async fn vote(
        &self,
        request: &Request,
        id: ArticleId,
        helpful: bool,
        comment: Option<String>,
    ) -> Result<Done, Error> {
        let comment = &comment;
        let voter = request.by.person().ok_or_else(|| Error::refused(ArticleError::NobodyVotes))?;
        let stream = id.reception_of(voter);
        self.settle(request, |fresh| {
            Box::pin(async move {
                let article = self.articles.load(id.0, fresh).await?;
                let sight = Readership::of(Some(&request.by));
                let status = article
                    .state
                    .kept()
                    .filter(|kept| sight.reads(kept.status, kept.filing.visibility))
                    .map(|kept| kept.status);
                let vote = Vote { article: id, status, helpful, comment: comment.clone() };
                let ballot = self.ballots.load(stream, fresh).await?;
                Ok(request.append(vec![ballot.decide(stream, request.issue(vote))?]))
            })
        })
        .await
    }

    /// Notes that the articles `used` were quoted to somebody, in whatever answers people. Each time is an event of a stream of
    /// its own, so nobody waits for anybody.
    ///
    /// # Errors
    /// The log does not accept it.
    pub async fn articles_used(
        &self,
        request: &Request,
        used: &[ArticleId],
        by: UsedBy,
    ) -> Result<Done, Error> {
        let streams: Vec<(Uuid, ArticleId)> = used.iter().map(|article| (Uuid::now_v7(), *article)).collect();
        let streams = &streams;
        self.settle(request, |_| {
            Box::pin(async move {
                let used = streams.iter().map(|(stream, article)| StreamAppend {
                    stream: *stream,
                    stream_type: StreamType::Reception,
                    expected: 0,
                    events: vec![ReceptionEvent::ArticleUsed { article: *article, by }.into()],
                });
                Ok(request.append(used.collect()))
            })
        })
        .await
    }

    /// Writes an article of a file, or brings the one that has its document id to what it says. One that was archived is left
    /// alone; without a `visibility` one that is there keeps its own.
    ///
    /// # Errors
    /// Refused by the rules.
    pub async fn import_article(
        &self,
        request: &Request,
        new: &NewArticle,
        document_id: &DocumentId,
        visibility: Option<Visibility>,
    ) -> Result<Imported, Error> {
        self.check_department(new.filing.department.as_ref()).await?;
        let Some(holder) = self.ledger.holder_of(ClaimKind::DocumentId, document_id.as_str()).await? else {
            self.write_as(request, new, document_id).await?;
            return Ok(Imported::Added);
        };
        let article = self.articles.load(holder, true).await?;
        if article.state.kept().is_some_and(|kept| kept.status == ArticleStatus::Archived) {
            return Ok(Imported::Archived);
        }
        let changes = ArticleChanges {
            title: Some(new.title.clone()),
            content: Some(new.content.clone()),
            category: Some(new.filing.category),
            department: new.filing.department.clone().map_or(Change::Clear, Change::Set),
            tags: Some(new.filing.tags.clone()),
            visibility,
        };
        let revise = &ArticleCommand::Revise(changes);
        let done = self
            .settle(request, |fresh| {
                Box::pin(async move {
                    let article = self.articles.load(holder, fresh).await?;
                    let revised = article.decide(holder, request.issue(revise.clone()))?;
                    with_publishing(request, new.publish, &article, revised)
                })
            })
            .await?;
        Ok(if done == Done::Unchanged { Imported::Unchanged } else { Imported::Revised })
    }

    /// Refuses a department that there is not.
    async fn check_department(&self, department: Option<&Department>) -> Result<(), Error> {
        match department {
            Some(code) if !self.names_department(code).await? => {
                Err(Error::refused(ArticleError::NoSuchDepartment(code.clone())))
            }
            _ => Ok(()),
        }
    }

    /// Writes it under the first name made of its title that is free. Who is overtaken takes the next one.
    async fn write_by_title(&self, request: &Request, new: &NewArticle) -> Result<Done, Error> {
        let title = DocumentId::of_title(&new.title);
        for number in 1..SAME_TITLE {
            let document_id = title.numbered(number);
            if number > 1
                && self.ledger.holder_of(ClaimKind::DocumentId, document_id.as_str()).await?.is_some()
            {
                continue;
            }
            match self.write_as(request, new, &document_id).await {
                Err(Error::Taken(_)) => {}
                outcome => return outcome,
            }
        }
        Err(Error::Taken(ClaimKind::DocumentId))
    }

    async fn write_as(
        &self,
        request: &Request,
        new: &NewArticle,
        document_id: &DocumentId,
    ) -> Result<Done, Error> {
        let id = new.id;
        self.settle(request, |fresh| {
            Box::pin(async move {
                self.check_department(new.filing.department.as_ref()).await?;
                let article = self.articles.load(id.0, fresh).await?;
                let write = ArticleCommand::Write(Written {
                    document_id: document_id.clone(),
                    title: new.title.clone(),
                    content: new.content.clone(),
                    filing: new.filing.clone(),
                });
                let written = article.decide(id.0, request.issue(write))?;
                let append = with_publishing(request, new.publish, &article, written)?;
                Ok(Append { claims: vec![claim(document_id, id)], ..append })
            })
        })
        .await
    }
}

/// An append of `decided`, and of its publishing if that is wanted.
fn with_publishing(
    request: &Request,
    publish: bool,
    article: &Loaded<Article>,
    mut decided: StreamAppend,
) -> Result<Append, Error> {
    if publish {
        let after = article.after(&decided.events);
        let publish = request.issue(ArticleCommand::Publish);
        decided.events.extend(after.decide(decided.stream, publish)?.events);
    }
    Ok(request.append(vec![decided]))
}
