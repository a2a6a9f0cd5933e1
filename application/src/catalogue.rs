//! Catalogues: departments, buildings, categories, teams, organizations and tags.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use domain::access::{Caller, Department};
use domain::catalogue::values::{Code, DEEPEST, DetailChanges, EntryKind, Parent};
use domain::catalogue::{EntryCommand, EntryError, EntryEvent, Listed};
use domain::change::Change;
use domain::event::{Event, StoredEvent as _};
use domain::id::EntryId;
use domain::user::values::EmailAddress;
use domain::user::{UserError, UserEvent};
use uuid::Uuid;

use crate::ledger::{Append, Claim, ClaimKind, StreamAppend};
use crate::{Commands, Done, Error, Request};

/// Names for ever the command that put the first departments into their catalogue.
const SEEDED: Uuid = Uuid::from_u128(0x5eed_ca7a_1090_7000_8000_0000_0000_0000);
/// The departments that every desk begins with: code, name, and whether they take tickets.
const FIRST: [(&str, &str, bool); 3] = [
    ("IT", "Information Technology", true),
    ("HR", "Human Resources", true),
    // For articles that belong to no department.
    ("GENERAL", "General", false),
];

/// An entry to be added.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// Its identity, unless the same request added it before.
    pub id: EntryId,
    /// Which catalogue.
    pub kind: EntryKind,
    /// Its code.
    pub code: Code,
    /// What people call it.
    pub name: String,
    /// What else it says.
    pub details: DetailChanges,
}

/// What an entry shall be.
#[derive(Debug, Clone)]
pub struct EntryChanges {
    /// What people call it.
    pub name: Option<String>,
    /// Whether it can be chosen.
    pub is_active: Option<bool>,
    /// What else it says.
    pub details: DetailChanges,
}

fn claim(kind: EntryKind, code: &Code, holder: EntryId) -> Claim {
    Claim { kind: ClaimKind::Code, value: format!("{}:{code}", kind.as_str()), holder: holder.0 }
}

impl Commands {
    /// Puts an entry into its catalogue under a code that no other has.
    ///
    /// # Errors
    /// Refused by the rules, or [`Error::Taken`].
    pub async fn add_entry(&self, request: &Request, new: NewEntry) -> Result<(EntryId, Done), Error> {
        let (id, new) = (new.id, &new);
        let done = self
            .settle(request, |fresh| {
                Box::pin(async move {
                    let entry = self.entries.load(id.0, fresh).await?;
                    let (details, witnesses) = self.looked_up(new.details.clone()).await?;
                    let (kind, code, name) = (new.kind, new.code.clone(), new.name.clone());
                    let add = EntryCommand::Add { id, kind, code, name, details };
                    let added = entry.decide(id.0, request.issue(add))?;
                    let mut claims = vec![claim(new.kind, &new.code, id)];
                    claims.extend(domains(id, None, &added).0);
                    let streams = std::iter::once(added).chain(witnesses).collect();
                    Ok(Append { claims, ..request.append(streams) })
                })
            })
            .await?;
        match done {
            Done::Changed(appended) if appended.repeated => {
                let first = self.ledger.read_range(appended.first, appended.first).await?;
                Ok((first.first().map_or(id, |recorded| EntryId(recorded.stream)), done))
            }
            _ => Ok((id, done)),
        }
    }

    /// Changes an entry of a catalogue.
    ///
    /// # Errors
    /// Refused by the rules, or the entry is not at the version the caller insists on.
    pub async fn change_entry(
        &self,
        request: &Request,
        kind: EntryKind,
        id: EntryId,
        changes: EntryChanges,
    ) -> Result<Done, Error> {
        let changes = &changes;
        self.settle(request, |fresh| {
            Box::pin(async move {
                let entry = self.entries.load(id.0, fresh).await?;
                is_of(kind, entry.state.listed())?;
                request.insist_on(&entry)?;
                let EntryChanges { name, is_active, details } = changes.clone();
                let (details, witnesses) = self.looked_up(details).await?;
                let command = EntryCommand::Change { id, name, is_active, details };
                let decided = entry.decide(id.0, request.issue(command))?;
                if decided.events.is_empty() {
                    return Ok(request.append(vec![decided]));
                }
                let (claims, releases) = domains(id, entry.state.listed(), &decided);
                let streams = std::iter::once(decided).chain(witnesses).collect();
                Ok(Append { claims, releases, ..request.append(streams) })
            })
        })
        .await
    }

    /// Takes an entry out of its catalogue, unless something refers to it.
    ///
    /// # Errors
    /// Refused by the rules, or the entry is not at the version the caller insists on.
    pub async fn remove_entry(
        &self,
        request: &Request,
        kind: EntryKind,
        id: EntryId,
        referred_to_by: &[(&'static str, i64)],
    ) -> Result<Done, Error> {
        self.settle(request, |fresh| {
            Box::pin(async move {
                let entry = self.entries.load(id.0, fresh).await?;
                let listed = is_of(kind, entry.state.listed())?;
                request.insist_on(&entry)?;
                let mut releases = vec![claim(kind, &listed.code, id)];
                releases.extend(listed.details.domains.iter().map(|domain| domain_claim(domain, id)));
                let remove = EntryCommand::Remove { referred_to_by: referred_to_by.to_vec() };
                let removed = entry.decide(id.0, request.issue(remove))?;
                Ok(Append { releases, ..request.append(vec![removed]) })
            })
        })
        .await
    }

    /// Whether tickets can be sent to `department` and people can work for it.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn has_department(&self, department: &Department) -> Result<bool, Error> {
        let claim = claim(EntryKind::Department, &department.clone().into(), EntryId::default());
        let Some(holder) = self.ledger.holder_of(claim.kind, &claim.value).await? else { return Ok(false) };
        let entry = self.entries.load(holder, true).await?;
        Ok(entry.state.listed().is_some_and(|listed| listed.is_active && listed.details.takes_tickets))
    }

    /// Whether there is an active department of this code, whatever it takes.
    pub(crate) async fn names_department(&self, code: &Department) -> Result<bool, Error> {
        let claim = claim(EntryKind::Department, &code.clone().into(), EntryId::default());
        let Some(holder) = self.ledger.holder_of(claim.kind, &claim.value).await? else { return Ok(false) };
        Ok(self.choosable(EntryKind::Department, EntryId(holder)).await?.is_some())
    }

    /// The entry of `kind` with this id, if it can be chosen now. Never as last seen: what refers to an entry does not
    /// insist on its version, so nothing would notice that it was closed at another node.
    pub(crate) async fn choosable(&self, kind: EntryKind, id: EntryId) -> Result<Option<Listed>, Error> {
        let entry = self.entries.load(id.0, true).await?;
        Ok(entry.state.listed().filter(|listed| listed.kind == kind && listed.is_active).cloned())
    }

    /// Whether there is an active tag of this code.
    pub(crate) async fn has_tag(&self, code: &Code) -> Result<bool, Error> {
        let claim = claim(EntryKind::Tag, code, EntryId::default());
        let Some(holder) = self.ledger.holder_of(claim.kind, &claim.value).await? else { return Ok(false) };
        Ok(self.choosable(EntryKind::Tag, EntryId(holder)).await?.is_some())
    }

    /// The active organization whose members have addresses such as `email`.
    pub(crate) async fn organization_of(&self, email: &EmailAddress) -> Result<Option<EntryId>, Error> {
        let holder = self.ledger.holder_of(ClaimKind::Domain, email.domain()).await?;
        let Some(id) = holder.map(EntryId) else { return Ok(None) };
        Ok(self.choosable(EntryKind::Organization, id).await?.map(|_| id))
    }

    /// The departments whose tickets the members of `organization` see of each other; none if it is not active.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn shared_departments(&self, organization: EntryId) -> Result<Vec<Department>, Error> {
        let listed = self.choosable(EntryKind::Organization, organization).await?;
        Ok(listed.map(|listed| listed.details.shared_departments).unwrap_or_default())
    }

    /// Refuses to let somebody work for a department that there is not.
    pub(crate) async fn check_departments(&self, account: &StreamAppend) -> Result<(), Error> {
        for event in &account.events {
            let Event::User(
                UserEvent::UserCreated { departments, .. } | UserEvent::RoleChanged { departments, .. },
            ) = event
            else {
                continue;
            };
            for department in departments {
                if !self.has_department(department).await? {
                    return Err(Error::refused(UserError::NoSuchDepartment(department.clone())));
                }
            }
        }
        Ok(())
    }

    /// Puts the departments that every desk begins with into their catalogue; once in the life of a log, however many
    /// processes try.
    ///
    /// # Errors
    /// The log cannot be read or written.
    ///
    /// # Panics
    /// Never: the first departments have codes.
    pub async fn seed_departments(&self, at: DateTime<Utc>) -> Result<Done, Error> {
        let by = Caller::System("first_start");
        let request = &Request { fingerprint: Some([0; 32]), ..Request::once(by, at, "cli", SEEDED) };
        self.settle(request, |fresh| {
            Box::pin(async move {
                let (mut streams, mut claims) = (Vec::new(), Vec::new());
                for (number, (code, name, takes_tickets)) in (1..).zip(FIRST) {
                    let id = EntryId(Uuid::from_u128(SEEDED.as_u128() + number));
                    let code: Code = code.parse().expect("the first departments have codes");
                    claims.push(claim(EntryKind::Department, &code, id));
                    let details =
                        DetailChanges { takes_tickets: Some(takes_tickets), ..DetailChanges::default() };
                    let (kind, name) = (EntryKind::Department, name.to_owned());
                    let add = EntryCommand::Add { id, kind, code, name, details };
                    let entry = self.entries.load(id.0, fresh).await?;
                    streams.push(entry.decide(id.0, request.issue(add))?);
                }
                Ok(Append { claims, ..request.append(streams) })
            })
        })
        .await
    }

    /// `changes` with what the catalogue and the accounts know of those they name, and the streams that the append has
    /// to insist on so that no two categories come to stand above each other.
    async fn looked_up(
        &self,
        mut changes: DetailChanges,
    ) -> Result<(DetailChanges, Vec<StreamAppend>), Error> {
        let mut named = Vec::new();
        if let Change::Set(department) = &changes.department {
            named.push(("department", department));
        }
        named.extend(changes.shared_departments.iter().flatten().map(|code| ("shared_departments", code)));
        for (field, code) in named {
            if !self.has_department(code).await? {
                return Err(Error::refused(EntryError::NoSuchDepartment { field, code: code.clone() }));
            }
        }
        let members: HashSet<_> = changes.member_ids.iter().flatten().collect();
        for member in members {
            if !self.users.load(member.0, true).await?.state.is_active() {
                return Err(Error::refused(EntryError::NoSuchMember));
            }
        }
        let mut witnesses = Vec::new();
        if let Change::Set(parent) = &mut changes.parent {
            witnesses = self.climb(parent).await?;
        }
        Ok((changes, witnesses))
    }

    /// Finds out whether `parent` is an active category and what stands above it.
    async fn climb(&self, parent: &mut Parent) -> Result<Vec<StreamAppend>, Error> {
        let mut witnesses = Vec::new();
        let mut next = Some(parent.id);
        while let Some(id) = next.filter(|_| witnesses.len() <= DEEPEST) {
            let entry = self.entries.load(id.0, true).await?;
            let category = entry.state.listed().filter(|listed| listed.kind == EntryKind::Category);
            if id == parent.id {
                parent.is_active = category.is_some_and(|category| category.is_active);
            } else {
                parent.above.push(id);
            }
            witnesses.push(entry.witness(id.0));
            next = category.and_then(|category| category.details.parent_id);
        }
        Ok(witnesses)
    }
}

fn domain_claim(domain: &str, holder: EntryId) -> Claim {
    Claim { kind: ClaimKind::Domain, value: domain.to_owned(), holder: holder.0 }
}

/// The domains that an entry takes and gives back by what was `decided`, `before` being how it was.
fn domains(id: EntryId, before: Option<&Listed>, decided: &StreamAppend) -> (Vec<Claim>, Vec<Claim>) {
    let had = before.map(|listed| listed.details.domains.as_slice()).unwrap_or_default();
    let has = decided.events.iter().filter_map(EntryEvent::from_event).find_map(|event| match event {
        EntryEvent::EntryAdded { details, .. } | EntryEvent::EntryChanged { details, .. } => {
            Some(details.domains.as_slice())
        }
        _ => None,
    });
    let Some(has) = has else { return (vec![], vec![]) };
    let only_in = |these: &[String], those: &[String]| {
        let only = these.iter().filter(|domain| !those.contains(domain));
        only.map(|domain| domain_claim(domain, id)).collect()
    };
    (only_in(has, had), only_in(had, has))
}

/// The entry, if it is one of this catalogue.
fn is_of(kind: EntryKind, listed: Option<&Listed>) -> Result<&Listed, Error> {
    listed.filter(|listed| listed.kind == kind).ok_or_else(|| Error::refused(EntryError::NotFound))
}
