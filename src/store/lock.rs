//! One working process per store in a file.
//!
//! It holds a lock on `<store>.lock`, which the operating system releases when the process
//! ends, however it ends. The text in the file only says who holds it. The file is never
//! removed: a removed lock file can be locked by two.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};

use super::{files, lease};

/// The right to work on a store; given back when dropped or when the process ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why the lock was not given.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("the store is in use by `{what}` (process {pid}, since {since}): stop it, or let it do the work")]
    Held {
        /// Its process id.
        pid: u32,
        /// The command it runs.
        what: String,
        /// Since when, UTC.
        since: DateTime<Utc>,
    },
    /// The lock file cannot be used.
    #[error("cannot lock {path}: {reason}")]
    Failed {
        /// The lock file.
        path: String,
        /// Why, with the fix.
        reason: String,
    },
}

#[derive(Debug, Serialize, Deserialize)]
struct Holder {
    pid: u32,
    what: String,
    since: DateTime<Utc>,
}

/// How often the holder's text is read, and the pause between: it is written right after
/// locking, so a reader may be a moment too early.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(10);

impl Lock {
    /// Takes the lock of the store at `store`, or says who has it. `what` is the command
    /// as a person would recognise it (`tillbridge run`); it must hold no secret.
    ///
    /// May block for a fifth of a second.
    pub fn acquire(store: &Path, what: &str) -> Result<Self, LockError> {
        let path = lock_path(store);
        let failed = |reason: String| LockError::Failed { path: path.display().to_string(), reason };
        let mut file = files::make_private(&path)
            .and_then(|()| open(&path).map_err(|error| files::explain(&error)))
            .map_err(&failed)?;
        for look in 0..LOOKS {
            match file.try_lock() {
                Ok(()) => {
                    let since = Utc::now().trunc_subsecs(0);
                    let holder = Holder { pid: std::process::id(), what: what.to_owned(), since };
                    if let Err(error) = write(&mut file, &holder) {
                        // The lock is ours all the same; only nobody else is told whose it is.
                        tracing::warn!(path = %path.display(), "{}", files::explain(&error));
                    }
                    return Ok(Self { _file: file });
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => {
                    return Err(failed(format!("{error}; choose a [store] path on a local disk")));
                }
            }
            // At the first look it may be somebody who looks, too, and is gone in a moment.
            if look > 0
                && let Some(Holder { pid, what, since }) = read(&mut file)
            {
                return Err(LockError::Held { pid, what, since });
            }
            std::thread::sleep(PAUSE);
        }
        Err(failed("another process holds it and does not say who it is".to_owned()))
    }

    /// Who has the lock of the store at `store`; `None` for nobody.
    pub fn holder(store: &Path) -> Option<lease::Holder> {
        let mut file = File::open(lock_path(store)).ok()?;
        if file.try_lock_shared().is_ok() {
            return None;
        }
        let Holder { pid, what, since } = read(&mut file)?;
        Some(lease::Holder { name: what, who: format!("process {pid}"), since })
    }
}

fn lock_path(store: &Path) -> PathBuf {
    let mut path = OsString::from(store);
    path.push(".lock");
    path.into()
}

fn open(path: &Path) -> std::io::Result<File> {
    File::options().read(true).write(true).open(path)
}

fn write(file: &mut File, holder: &Holder) -> std::io::Result<()> {
    let text = serde_json::to_string(holder)?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(text.as_bytes())
}

fn read(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_one_hears_who_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("new/store.db");
        let lock = Lock::acquire(&store, "tillbridge run").unwrap();
        let error = Lock::acquire(&store, "tillbridge sync").unwrap_err();
        let message = error.to_string();
        let LockError::Held { pid, what, since } = error else { panic!("{error}") };
        assert_eq!((pid, what.as_str()), (std::process::id(), "tillbridge run"));
        assert!(Utc::now() - since < chrono::TimeDelta::minutes(1));
        assert!(message.contains("`tillbridge run`"), "{message}");

        let holder = Lock::holder(&store).unwrap();
        assert_eq!((holder.name, holder.since), (what, since));

        // Another store has another lock; one given back can be taken.
        Lock::acquire(&folder.path().join("other.db"), "tillbridge sync").unwrap();
        drop(lock);
        assert_eq!(Lock::holder(&store), None);
        Lock::acquire(&store, "tillbridge sync").unwrap();
    }

    /// The store's file is not touched: a lock may be taken before the store is made.
    #[test]
    fn the_lock_is_a_private_file_of_its_own() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store.db");
        let _lock = Lock::acquire(&store, "tillbridge run").unwrap();
        assert!(!store.exists());
        let mode = std::fs::metadata(folder.path().join("store.db.lock")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn what_a_killed_holder_left_does_not_block() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store.db");
        let left = r#"{"pid":1,"what":"a command with a much longer name than the next one has","since":"2025-01-01T00:00:00Z"}"#;
        std::fs::write(lock_path(&store), left).unwrap();
        let _lock = Lock::acquire(&store, "tillbridge run").unwrap();
        let error = Lock::acquire(&store, "tillbridge sync").unwrap_err();
        assert!(matches!(error, LockError::Held { what, .. } if what == "tillbridge run"));
    }

    #[test]
    fn a_path_that_cannot_be_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let message = Lock::acquire(&file.join("store.db"), "tillbridge run").unwrap_err().to_string();
        assert!(message.contains("store.db.lock") && message.contains("not a folder"), "{message}");
    }
}
