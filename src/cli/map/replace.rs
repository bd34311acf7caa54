//! A file with other contents, as a whole or not at all.

use std::fs::{File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::Path;

/// Puts `text` in the place of `old`, which must still be what the file says. Mode and owner
/// stay, a link goes on pointing to it, and whoever reads it meanwhile reads one of the two.
pub(super) fn replace(path: &Path, old: &str, text: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    let about = std::fs::metadata(&path)?;
    if std::fs::read_to_string(&path)? != old {
        return Err(io::Error::other("somebody else changed it just now"));
    }
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    // Nobody else can read it before it is like the other one.
    let file = File::options().write(true).create_new(true).mode(0o600).open(&beside)?;
    let written = fill(file, text, &about)
        .and_then(|()| std::fs::rename(&beside, &path))
        .and_then(|()| path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all()));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

fn fill(mut file: File, text: &str, like: &std::fs::Metadata) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (like.uid(), like.gid()) {
        fchown(&file, Some(like.uid()), Some(like.gid()))?;
    }
    file.set_permissions(Permissions::from_mode(like.mode() & 0o7777))?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_keeps_its_mode_and_its_links_and_leaves_nothing_beside() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("t.toml"), folder.path().join("link.toml"));
        std::fs::write(&path, "old").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        symlink("t.toml", &link).unwrap();
        replace(&link, "old", "new").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, 0o640);
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_somebody_else_wrote_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.toml");
        std::fs::write(&path, "theirs").unwrap();
        let error = replace(&path, "old", "new").unwrap_err().to_string();
        assert_eq!(error, "somebody else changed it just now");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "theirs");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
