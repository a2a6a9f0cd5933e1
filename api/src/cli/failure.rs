//! How a subcommand ends when it does not end well.

use std::process::ExitCode;

use infrastructure::config::Misconfigured;

use super::output::ReaderGone;

/// Why a subcommand did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line or the configuration is wrong: one line for each mistake.
    Usage(Vec<String>),
    /// Somebody sent SIGINT or SIGTERM.
    Interrupted,
    /// It was not possible.
    Failed(anyhow::Error),
}

impl Failure {
    /// A mistake on the command line.
    pub(crate) fn usage(mistake: impl Into<String>) -> Self {
        Self::Usage(vec![mistake.into()])
    }

    /// Tells the operator; gives the code to exit with.
    pub(crate) fn report(self) -> ExitCode {
        for line in self.lines() {
            eprintln!("error: {line}");
        }
        self.code().into()
    }

    /// What the operator is told.
    pub(crate) fn lines(&self) -> Vec<String> {
        match self {
            Self::Usage(mistakes) => mistakes.clone(),
            Self::Interrupted => vec!["interrupted".to_owned()],
            Self::Failed(error) if error.is::<ReaderGone>() => vec![],
            Self::Failed(error) => {
                vec![format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ")]
            }
        }
    }

    /// The code to exit with.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            // Whoever reads the results has seen enough.
            Self::Failed(error) if error.is::<ReaderGone>() => 0,
            Self::Interrupted | Self::Failed(_) => 1,
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Misconfigured> for Failure {
    fn from(wrong: Misconfigured) -> Self {
        Self::Usage(wrong.0.iter().map(ToString::to_string).collect())
    }
}

/// The whole reason of a use case's error, for people.
pub(crate) fn reason(error: application::Error) -> anyhow::Error {
    match error {
        application::Error::Unexpected(error) => error,
        application::Error::Unavailable(reason) => {
            anyhow::anyhow!("the database cannot be reached: {reason}")
        }
        application::Error::Taken(kind) => anyhow::anyhow!("the {} is taken", <&str>::from(kind)),
        error => error.into(),
    }
}
