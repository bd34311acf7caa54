//! Files that only their owner may read.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Makes a missing file with mode 0600 and missing folders with 0700. An existing file that
/// others may read is narrowed to 0600 where this user may do so. The error is a sentence with the fix.
///
/// An existing file is never opened: closing it would release the locks that SQLite holds on
/// it for this process (<https://www.sqlite.org/howtocorrupt.html>, section 2.2).
pub(super) fn make_private(path: &Path) -> Result<(), String> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| {
            format!("its folder {} cannot be made: {}", folder.display(), explain(&error))
        })?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            narrow(path).map_err(|error| explain(&error))
        }
        Err(error) => Err(explain(&error)),
    }
}

/// Why a file cannot be written to, or nothing be made beside it; `None` where both can be done.
///
/// For a store that could not be opened: see [`make_private`] on opening one that could.
pub(super) fn why_unwritable(path: &Path) -> Option<String> {
    let beside = path.with_extension("probe");
    let make = || match OpenOptions::new().write(true).create_new(true).open(&beside) {
        Ok(_) => fs::remove_file(&beside),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    };
    let written = OpenOptions::new().write(true).open(path).and_then(|_| make());
    written.err().map(|error| explain(&error))
}

fn narrow(path: &Path) -> io::Result<()> {
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    if metadata.is_file()
        && metadata.permissions().mode() & 0o077 != 0
        && let Err(error) = fs::set_permissions(path, fs::Permissions::from_mode(0o600))
    {
        tracing::warn!(path = %path.display(), %error, "others may read this file; its mode should be 0600");
    }
    Ok(())
}

/// A failure of the file system with its fix.
pub(super) fn explain(error: &io::Error) -> String {
    let fix = match error.kind() {
        ErrorKind::PermissionDenied => {
            "give this user the right to write there, or choose another [store] path"
        }
        ErrorKind::ReadOnlyFilesystem => {
            "the file system is read-only; choose a [store] path on a writable one"
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space on that disk",
        ErrorKind::IsADirectory => "[store] path must name a file, not a folder",
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "a part of the path is a file, not a folder; choose another [store] path"
        }
        _ => "choose another [store] path, or make this one usable",
    };
    format!("{error}; {fix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_missing_is_made_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/store.db");
        make_private(&path).unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        assert_eq!(mode(&folder.path().join("a")), 0o700);
    }

    #[test]
    fn a_wide_file_is_narrowed_and_keeps_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        fs::write(&path, "kept").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        make_private(&path).unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(fs::read_to_string(&path).unwrap(), "kept");
    }

    #[test]
    fn a_folder_or_a_file_in_the_way_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let message = make_private(folder.path()).unwrap_err();
        assert!(message.contains("[store] path must name a file"), "{message}");

        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let message = make_private(&file.join("store.db")).unwrap_err();
        assert!(message.contains(&file.display().to_string()), "{message}");
        assert!(message.contains("is a file, not a folder"), "{message}");
    }

    #[test]
    fn what_can_be_written_is_not_complained_of() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        fs::write(&path, "kept").unwrap();
        assert_eq!(why_unwritable(&path), None);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(why_unwritable(folder.path()).unwrap().contains("must name a file"));
    }

    #[test]
    fn refusals_of_the_system_say_what_to_do() {
        for (kind, fix) in [
            (ErrorKind::PermissionDenied, "give this user the right"),
            (ErrorKind::ReadOnlyFilesystem, "is read-only"),
            (ErrorKind::StorageFull, "free some space"),
        ] {
            let message = explain(&io::Error::from(kind));
            assert!(message.contains(fix), "{message}");
        }
    }
}
