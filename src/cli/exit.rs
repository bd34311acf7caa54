//! Exit codes and the errors that end a command.

use std::process::ExitCode;

use crate::config::ConfigError;
use crate::odoo::ConnectError;
use crate::shop::LoadError;
use crate::store::{LockError, StoreError, Trouble};
use crate::sync::{PassError, PassErrorKind, SyncReport, Tally};

/// How a command ended. The numbers are part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done, and nothing needs attention.
    Done,
    /// Something unexpected.
    Unexpected,
    /// Usage or configuration.
    Usage,
    /// Done, but orders need attention.
    Attention,
    /// The source, Odoo or the store's server is not reachable.
    Unreachable,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Unexpected => 1,
            Exit::Usage => 2,
            Exit::Attention => 3,
            Exit::Unreachable => 4,
        })
    }
}

impl From<PassErrorKind> for Exit {
    fn from(kind: PassErrorKind) -> Self {
        match kind {
            PassErrorKind::Unreachable => Self::Unreachable,
            PassErrorKind::Configuration => Self::Usage,
            PassErrorKind::Internal => Self::Unexpected,
        }
    }
}

impl Exit {
    /// The exit code for the reports of a pass: the gravest wins.
    pub fn of_reports(reports: &[SyncReport]) -> Self {
        let kinds: Vec<_> =
            reports.iter().filter_map(|report| report.error.as_ref()).map(|e| e.kind).collect();
        for kind in [PassErrorKind::Internal, PassErrorKind::Configuration, PassErrorKind::Unreachable] {
            if kinds.contains(&kind) {
                return kind.into();
            }
        }
        if reports.iter().any(|report| report.needs_attention() > 0) { Self::Attention } else { Self::Done }
    }

    /// The exit code for what became of orders, and the error that kept a pass from its end.
    pub fn of_tally(tally: &Tally, error: Option<&PassError>) -> Self {
        match error {
            _ if tally.is_all() => Self::Done,
            Some(error) => error.kind.into(),
            None => Self::Attention,
        }
    }
}

/// An error that ends a command.
#[derive(Debug, Clone)]
pub(super) struct CliError {
    /// The exit code.
    pub exit: Exit,
    /// What is wrong.
    pub message: String,
    /// What to do, where there is more to say.
    pub hint: Option<String>,
}

impl CliError {
    /// A mistake of usage or configuration.
    pub fn usage(message: impl Into<String>, hint: impl Into<Option<String>>) -> Self {
        Self { exit: Exit::Usage, message: message.into(), hint: hint.into() }
    }

    /// Something unexpected.
    pub fn unexpected(message: impl Into<String>) -> Self {
        Self { exit: Exit::Unexpected, message: message.into(), hint: None }
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        Self::usage(error.to_string(), None)
    }
}

impl From<ConnectError> for CliError {
    fn from(error: ConnectError) -> Self {
        let exit = if error.is_temporary() { Exit::Unreachable } else { Exit::Usage };
        Self { exit, message: error.to_string(), hint: Some(error.fix()) }
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let exit = match &error {
            StoreError::Open { trouble, .. } | StoreError::Failed { trouble, .. } => match trouble {
                Trouble::Setup => Exit::Usage,
                Trouble::Unreachable => Exit::Unreachable,
                Trouble::Passing | Trouble::Broken => Exit::Unexpected,
            },
            StoreError::LeaseLost => Exit::Unexpected,
            StoreError::Newer { .. } | StoreError::OtherOdoo { .. } | StoreError::NotFound { .. } => {
                Exit::Usage
            }
        };
        Self { exit, message: error.to_string(), hint: None }
    }
}

impl From<LockError> for CliError {
    fn from(error: LockError) -> Self {
        Self::usage(error.to_string(), None)
    }
}

impl From<LoadError> for CliError {
    fn from(error: LoadError) -> Self {
        PassError::from(error).into()
    }
}

impl From<PassError> for CliError {
    fn from(error: PassError) -> Self {
        Self { exit: error.kind.into(), message: error.message, hint: Some(error.fix) }
    }
}
