//! What the desk writes to people by itself.

use infrastructure::mail::Letter;

use crate::codes;
use crate::resets;

/// The code that proves an address.
pub(crate) fn code(code: &str) -> Letter {
    Letter::new("Your code for the help desk")
        .paragraph(
            "Somebody, probably you, gave this address to the help desk. This code proves that it is yours:",
        )
        .code(code)
        .paragraph(&format!(
            "It is good for {} minutes. If it was not you, do nothing; without the code nothing happens.",
            codes::GOOD_FOR_MINUTES
        ))
}

/// The token that lets somebody choose another password.
pub(crate) fn reset(username: &str, token: &str) -> Letter {
    Letter::new("Choose another password for the help desk")
        .paragraph(&format!(
            "Somebody, probably you, said that the password of the account {username} is forgotten. With this token \
             another one can be chosen, once:"
        ))
        .code(token)
        .paragraph(&format!(
            "It is good for {} minutes. If it was not you, do nothing; the password stays as it is.",
            resets::GOOD_FOR_MINUTES
        ))
}

/// That the password is another one.
pub(crate) fn password_changed(username: &str) -> Letter {
    Letter::new("The password of your help desk account was changed").paragraph(&format!(
        "The account {username} has another password now, and was signed out elsewhere. If it was not you, say \
         that you forgot the password to choose one that nobody else knows, and tell an administrator."
    ))
}
