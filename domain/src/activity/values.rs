//! The words of activity: how somebody signed in, why not, why a sign-in ended, what was taken or looked at.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How somebody shows who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum SignInMethod {
    /// By a password.
    Password,
    /// By an identity provider (`OpenID` Connect).
    Openid,
    /// By an ID token of Google.
    Google,
}

/// What was shown besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum SecondFactor {
    /// A code of the moment.
    Totp,
    /// A recovery code.
    RecoveryCode,
}

/// Why a sign-in was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum SignInRefusal {
    /// Nobody has this name or address.
    UnknownAccount,
    /// The password was another one.
    WrongPassword,
    /// The password was right, but the account may not sign in.
    Inactive,
    /// The password was right, the second factor was not.
    WrongSecondFactor,
    /// The identity provider knows them, the desk does not, or may not let them in.
    UnknownIdentity,
}

/// Why a sign-in was ended from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Revocation {
    /// The person ended it in their list of sign-ins.
    ByPerson,
    /// An administrator ended it.
    ByAdmin,
    /// The password changed.
    PasswordChanged,
    /// The second factor changed.
    SecondFactorChanged,
    /// Somebody else had a copy of its refresh token.
    TokenReused,
}

/// What was taken out of the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ExportedData {
    /// Everything about a person.
    PersonalData,
    /// The log, its texts sealed.
    Log,
}

/// Which record of what people did was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AuditPart {
    /// What one person did.
    Activity,
    /// What everybody did.
    Audit,
}

/// How many characters of what a program says of itself are kept.
const LONGEST_DEVICE: usize = 200;

/// A device as its program names itself (`User-Agent`), on one line and not too long; none if it says nothing.
#[must_use]
pub fn device_of(user_agent: &str) -> Option<String> {
    let printable = user_agent.chars().filter(|c| !c.is_control()).take(LONGEST_DEVICE);
    let device = printable.collect::<String>().trim().to_owned();
    (!device.is_empty()).then_some(device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_a_short_line() {
        assert_eq!(device_of(" curl/8.1 \n"), Some("curl/8.1".to_owned()));
        assert_eq!(device_of("a\u{1b}[31m\r\nb"), Some("a[31mb".to_owned()));
        assert_eq!(device_of(&"é".repeat(5_000)).map(|device| device.chars().count()), Some(200));
        for nothing in ["", "  ", "\0\n"] {
            assert_eq!(device_of(nothing), None, "{nothing:?}");
        }
    }
}
