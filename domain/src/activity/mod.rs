//! Activity: who came in, went out, was refused and looked at what. Facts without decisions, so there is no
//! aggregate: each is the only event of a stream of its own.

mod event;
mod values;

pub use event::ActivityEvent;
pub use values::{AuditPart, ExportedData, Revocation, SecondFactor, SignInMethod, SignInRefusal, device_of};
