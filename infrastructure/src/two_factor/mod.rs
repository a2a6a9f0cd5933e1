//! The second factor: codes that an app makes of a shared secret, and codes for when the app is lost.

mod recovery;
mod totp;

pub use self::recovery::RecoveryCode;
pub use self::totp::{STEP, TotpSecret};
