//! How somebody proves who they are besides the password: a second factor, identities at providers.

use serde::{Deserialize, Serialize};

use super::values::Identity;
use super::{Decision, UserCommand, UserError, UserEvent};
use crate::access::Caller;
use crate::id::UserId;
use crate::sealed::Sealed;

/// What an account must remember of it. Secrets and codes are rows beside the log.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct SignIn {
    has_two_factor: bool,
    /// Where they are linked to an identity: one each.
    providers: Vec<String>,
}

/// Whether `command` is one that people give for their own account.
pub(super) fn is_about(command: &UserCommand) -> bool {
    matches!(
        command,
        UserCommand::LinkIdentity { .. }
            | UserCommand::UnlinkIdentity { .. }
            | UserCommand::EnableTwoFactor
            | UserCommand::DisableTwoFactor
            | UserCommand::MakeRecoveryCodes
            | UserCommand::UseRecoveryCode
    )
}

/// That the account `id` is linked.
pub(super) fn linked(id: UserId, provider: String, identity: &Identity) -> UserEvent {
    UserEvent::IdentityLinked { provider, identity: Sealed::new(id, identity.as_str()) }
}

impl SignIn {
    pub(super) fn has_two_factor(&self) -> bool {
        self.has_two_factor
    }

    pub(super) fn providers(&self) -> &[String] {
        &self.providers
    }

    /// Taking something away may be an administrator's to ask; giving a way in is the person's alone.
    pub(super) fn decide(&self, id: UserId, by: &Caller, command: UserCommand) -> Decision {
        use UserCommand as C;
        match command {
            C::UnlinkIdentity { provider } if !self.is_linked(&provider) => Ok(vec![]),
            C::UnlinkIdentity { provider } => Ok(vec![UserEvent::IdentityUnlinked { provider }]),
            C::DisableTwoFactor if !self.has_two_factor => Ok(vec![]),
            C::DisableTwoFactor => Ok(vec![UserEvent::TwoFactorDisabled {}]),
            _ if !by.is(id) => Err(UserError::Forbidden),
            C::LinkIdentity { provider, .. } if self.is_linked(&provider) => Err(UserError::AlreadyLinked),
            C::LinkIdentity { provider, identity } => Ok(vec![linked(id, provider, &identity)]),
            C::EnableTwoFactor if self.has_two_factor => Ok(vec![]),
            C::EnableTwoFactor => Ok(vec![UserEvent::TwoFactorEnabled {}, UserEvent::RecoveryCodesMade {}]),
            _ if !self.has_two_factor => Err(UserError::NoTwoFactor),
            C::MakeRecoveryCodes => Ok(vec![UserEvent::RecoveryCodesMade {}]),
            C::UseRecoveryCode => Ok(vec![UserEvent::RecoveryCodeUsed {}]),
            _ => Ok(vec![]),
        }
    }

    pub(super) fn apply(&mut self, event: UserEvent) {
        match event {
            UserEvent::IdentityLinked { provider, .. } => self.providers.push(provider),
            UserEvent::IdentityUnlinked { provider } => self.providers.retain(|linked| *linked != provider),
            UserEvent::TwoFactorEnabled {} => self.has_two_factor = true,
            UserEvent::TwoFactorDisabled {} => self.has_two_factor = false,
            _ => {}
        }
    }

    fn is_linked(&self, provider: &str) -> bool {
        self.providers.iter().any(|linked| linked == provider)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use cqrs_es::Aggregate;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::super::User;
    use super::super::values::{EmailAddress, Username};
    use super::*;
    use crate::access::{Reach, Role};
    use crate::setting::Terms;
    use crate::{Decide, Issued};

    const ADA: UserId = UserId(Uuid::from_u128(1));
    const ROOT: UserId = UserId(Uuid::from_u128(2));

    fn ada() -> Caller {
        Caller::Person { id: ADA, role: Role::User, departments: vec![], reach: Reach::default() }
    }

    fn root() -> Caller {
        Caller::Person { id: ROOT, role: Role::Admin, departments: vec![], reach: Reach::default() }
    }

    fn identity(subject: &str) -> Identity {
        Identity::parse("https://id.example", subject).expect("an identity")
    }

    fn sign_up() -> UserCommand {
        UserCommand::SignUp {
            id: ADA,
            username: Username::parse("ada").expect("a name"),
            email: EmailAddress::parse("ada@example.com").expect("an address"),
            role: Role::User,
            provider: "corp".to_owned(),
            identity: identity("1"),
        }
    }

    fn link(provider: &str) -> UserCommand {
        UserCommand::LinkIdentity { provider: provider.to_owned(), identity: identity("2") }
    }

    fn unlink(provider: &str) -> UserCommand {
        UserCommand::UnlinkIdentity { provider: provider.to_owned() }
    }

    /// What `by` gets for `command`.
    fn ask(user: &User, by: Caller, command: UserCommand) -> Decision {
        user.decide(Issued { by, at: DateTime::UNIX_EPOCH, command, terms: Terms::default() })
    }

    /// Does it, and says what happened.
    fn done(user: &mut User, by: Caller, command: UserCommand) -> Vec<UserEvent> {
        let events = ask(user, by, command).expect("accepted");
        events.iter().cloned().for_each(|event| user.apply(event));
        events
    }

    /// Ada, who signed up at corp.
    fn signed_up() -> User {
        let mut user = User::default();
        let events = done(&mut user, Caller::System("sign_up"), sign_up());
        assert!(matches!(events[..], [UserEvent::UserCreated { .. }, UserEvent::IdentityLinked { .. }]));
        user
    }

    #[test]
    fn whoever_signs_up_at_a_provider_is_linked_there_from_the_start() {
        let user = signed_up();
        assert_eq!((user.role(), user.providers()), (Some(Role::User), &["corp".to_owned()][..]));
        assert_eq!(ask(&user, Caller::System("sign_up"), sign_up()), Err(UserError::AlreadyExists));
        assert_eq!(ask(&User::default(), ada(), sign_up()), Err(UserError::Forbidden));
    }

    #[test]
    fn only_the_person_links_an_identity_and_one_at_each_provider() {
        let mut user = signed_up();
        assert_eq!(ask(&user, root(), link("google")), Err(UserError::Forbidden));
        assert_eq!(ask(&user, Caller::System("test"), link("google")), Err(UserError::Forbidden));
        assert_eq!(ask(&user, ada(), link("corp")), Err(UserError::AlreadyLinked));
        assert_eq!(
            done(&mut user, ada(), link("google")),
            [linked(ADA, "google".to_owned(), &identity("2"))]
        );
        assert_eq!(done(&mut user, root(), unlink("corp")).len(), 1);
        assert_eq!(ask(&user, ada(), unlink("corp")), Ok(vec![]));
        assert_eq!(user.providers(), ["google"]);
        assert_eq!(done(&mut user, ada(), link("corp")).len(), 1);
    }

    #[test]
    fn only_the_person_gives_themselves_a_second_factor_and_an_admin_may_take_it_away() {
        use UserCommand as C;
        let mut user = signed_up();
        for early in [C::MakeRecoveryCodes, C::UseRecoveryCode] {
            assert_eq!(ask(&user, ada(), early), Err(UserError::NoTwoFactor));
        }
        for theirs in [C::EnableTwoFactor, C::MakeRecoveryCodes, C::UseRecoveryCode] {
            assert_eq!(ask(&user, root(), theirs), Err(UserError::Forbidden));
        }
        let enabled = done(&mut user, ada(), C::EnableTwoFactor);
        assert_eq!(enabled, [UserEvent::TwoFactorEnabled {}, UserEvent::RecoveryCodesMade {}]);
        assert!(user.has_two_factor());
        assert_eq!(ask(&user, ada(), C::EnableTwoFactor), Ok(vec![]));
        assert_eq!(done(&mut user, ada(), C::MakeRecoveryCodes), [UserEvent::RecoveryCodesMade {}]);
        assert_eq!(done(&mut user, ada(), C::UseRecoveryCode), [UserEvent::RecoveryCodeUsed {}]);
        assert_eq!(done(&mut user, root(), C::DisableTwoFactor), [UserEvent::TwoFactorDisabled {}]);
        assert_eq!(ask(&user, ada(), C::DisableTwoFactor), Ok(vec![]));
        assert!(!user.has_two_factor());
    }

    #[test]
    fn others_and_the_erased_have_no_say() {
        let mut user = signed_up();
        let eve =
            Caller::Person { id: ROOT, role: Role::Agent, departments: vec![], reach: Reach::default() };
        let all = || {
            use UserCommand as C;
            [
                link("google"),
                unlink("corp"),
                C::EnableTwoFactor,
                C::DisableTwoFactor,
                C::MakeRecoveryCodes,
                C::UseRecoveryCode,
            ]
        };
        for command in all() {
            assert_eq!(ask(&user, eve.clone(), command.clone()), Err(UserError::Forbidden));
            assert_eq!(ask(&User::default(), ada(), command), Err(UserError::Forbidden));
        }
        let erase =
            UserCommand::Erase { reason: super::super::values::ErasureReason::Legal, another_admin: true };
        done(&mut user, root(), erase);
        for command in all() {
            assert_eq!(ask(&user, ada(), command), Err(UserError::Erased));
        }
    }

    proptest! {
        #[test]
        fn what_is_already_so_adds_no_event(history in prop::collection::vec((any::<bool>(), 0usize..6), 0..30)) {
            use UserCommand as C;
            let mut user = signed_up();
            for (is_ada, command) in history {
                let by = if is_ada { ada() } else { root() };
                let commands =
                    [link("google"), link("corp"), unlink("google"), unlink("corp"), C::EnableTwoFactor, C::DisableTwoFactor];
                let command = commands[command].clone();
                for event in ask(&user, by.clone(), command.clone()).unwrap_or_default() {
                    user.apply(event);
                }
                prop_assert_eq!(ask(&user, by, command).unwrap_or_default(), vec![]);
                let mut providers = user.providers().to_vec();
                providers.dedup();
                prop_assert_eq!(providers.len(), user.providers().len());
            }
        }
    }
}
