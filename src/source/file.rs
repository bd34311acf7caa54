//! Bodies of orders from files, folders and standard input. Reads block.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::vec;

use flate2::read::MultiGzDecoder;

/// Limit of one file in bytes, after decompression, unless the caller says otherwise.
pub const MAX_FILE_BYTES: u64 = 256 * 1024 * 1024;

/// Stands for standard input in a list of paths.
const STDIN: &str = "-";

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Why files could not be read. Every variant has a stable [`code`](Self::code), a message
/// that names the path and a [`fix`](Self::fix).
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// No such file or folder.
    #[error("{0} does not exist.")]
    NotFound(String),
    /// A folder without a file of ours.
    #[error("The folder {0} holds no .json, .ndjson or .jsonl file.")]
    EmptyFolder(String),
    /// We may not read it.
    #[error("{0} may not be read by this user.")]
    Permission(String),
    /// Larger than the limit.
    #[error("{name} is larger than {limit} bytes.")]
    TooLarge {
        /// The path.
        name: String,
        /// The limit in bytes, after decompression.
        limit: u64,
    },
    /// Anything else the system says, a broken gzip file among it.
    #[error("{name} could not be read: {error}.")]
    Io {
        /// The path.
        name: String,
        /// What the system said.
        #[source]
        error: io::Error,
    },
}

impl FileError {
    fn new(name: &str, error: io::Error) -> Self {
        let name = name.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound(name),
            io::ErrorKind::PermissionDenied => Self::Permission(name),
            _ => Self::Io { name, error },
        }
    }

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "file_not_found",
            Self::EmptyFolder(_) => "file_empty_folder",
            Self::Permission(_) => "file_permission",
            Self::TooLarge { .. } => "file_too_large",
            Self::Io { .. } => "file_unreadable",
        }
    }

    /// What to do about it, one plain sentence.
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "Check the spelling of the path.",
            Self::EmptyFolder(_) => "Name the files themselves if they are called otherwise.",
            Self::Permission(_) => "Give this user the right to read it.",
            Self::TooLarge { .. } => "Cut it into several files.",
            Self::Io { .. } => "Check that the file is whole.",
        }
    }
}

/// A file's content, decompressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    /// The path, `-` for standard input.
    pub name: String,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// Files that are read one by one as the iterator is driven.
#[derive(Debug)]
pub struct Files {
    paths: vec::IntoIter<PathBuf>,
    limit: u64,
}

/// Reads files, the `*.json`, `*.ndjson` and `*.jsonl` files of folders (also with `.gz`;
/// sorted by name, subfolders and hidden files left out) and standard input (`-`). Gzip is
/// recognised by content. A path that is missing is an error before anything is read.
pub fn read_files(paths: impl IntoIterator<Item = PathBuf>, limit: u64) -> Result<Files, FileError> {
    let mut files = Vec::new();
    for path in paths {
        if is_stdin(&path) || !metadata(&path)?.is_dir() {
            files.push(path);
        } else {
            files.extend(files_of(&path)?);
        }
    }
    Ok(Files { paths: files.into_iter(), limit })
}

impl Iterator for Files {
    type Item = Result<InputFile, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        let path = self.paths.next()?;
        let name = path.display().to_string();
        Some(match read(&path, self.limit) {
            Ok(Some(body)) => Ok(InputFile { name, body }),
            Ok(None) => Err(FileError::TooLarge { name, limit: self.limit }),
            Err(error) => Err(FileError::new(&name, error)),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.paths.size_hint()
    }
}

impl ExactSizeIterator for Files {}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == STDIN
}

fn metadata(path: &Path) -> Result<fs::Metadata, FileError> {
    fs::metadata(path).map_err(|error| FileError::new(&path.display().to_string(), error))
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let name = folder.display().to_string();
    let failed = |error| FileError::new(&name, error);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if has_our_name(&path) && metadata(&path)?.is_file() {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(FileError::EmptyFolder(name));
    }
    files.sort();
    Ok(files)
}

fn has_our_name(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let stem = name.strip_suffix(".gz").unwrap_or(&name);
    let extension = Path::new(stem).extension().unwrap_or_default();
    !name.starts_with('.') && ["json", "ndjson", "jsonl"].iter().any(|known| extension == *known)
}

/// The content, `None` when it is larger than the limit.
fn read(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    if is_stdin(path) { read_from(io::stdin().lock(), limit) } else { read_from(File::open(path)?, limit) }
}

fn read_from(mut input: impl Read, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    input.by_ref().take(2).read_to_end(&mut head)?;
    let gzip = head == GZIP_MAGIC;
    let whole = io::Cursor::new(head).chain(input);
    let mut body = Vec::new();
    let capped = limit.saturating_add(1);
    if gzip {
        MultiGzDecoder::new(whole).take(capped).read_to_end(&mut body)?;
    } else {
        whole.take(capped).read_to_end(&mut body)?;
    }
    Ok((body.len() as u64 <= limit).then_some(body))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const LIMIT: u64 = 1000;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        folder
    }

    fn code_of(result: Result<impl std::fmt::Debug, FileError>) -> &'static str {
        result.unwrap_err().code()
    }

    #[test]
    fn a_folder_gives_its_json_files_by_name() {
        let folder = folder(&[
            ("b.json", b"[2]"),
            ("a.NDJSON", b"[1]"),
            ("c.jsonl.gz", &gzip(b"[3]")),
            (".hidden.json", b"no"),
            ("notes.txt", b"no"),
            ("json", b"no"),
        ]);
        fs::create_dir(folder.path().join("sub.json")).unwrap();
        let files = read_files([folder.path().to_owned()], LIMIT).unwrap();
        assert_eq!(files.len(), 3);
        let files: Vec<_> = files.map(Result::unwrap).collect();
        let bodies: Vec<_> = files.iter().map(|file| file.body.as_slice()).collect();
        assert_eq!(bodies, [b"[1]", b"[2]", b"[3]"]);
        assert_eq!(files[1].name, folder.path().join("b.json").display().to_string());
    }

    #[test]
    fn a_named_file_may_be_called_anything() {
        let folder = folder(&[("orders.txt", b"[1]"), ("empty", b"")]);
        let paths = ["orders.txt", "empty"].map(|name| folder.path().join(name));
        let bodies: Vec<_> = read_files(paths, LIMIT).unwrap().map(|f| f.unwrap().body).collect();
        assert_eq!(bodies, [b"[1]".to_vec(), Vec::new()]);
    }

    #[test]
    fn a_missing_path_is_named_before_anything_is_read() {
        let folder = folder(&[("a.json", b"[1]")]);
        let paths = ["a.json", "b.json"].map(|name| folder.path().join(name));
        let error = read_files(paths, LIMIT).unwrap_err();
        assert_eq!(error.code(), "file_not_found");
        assert!(error.to_string().contains("b.json"), "{error}");
    }

    #[test]
    fn an_empty_folder_is_an_error() {
        let folder = folder(&[("notes.txt", b"no")]);
        assert_eq!(code_of(read_files([folder.path().to_owned()], LIMIT)), "file_empty_folder");
    }

    #[test]
    fn the_limit_counts_after_decompression_and_spares_the_next_file() {
        let folder = folder(&[
            ("a.json", &[b' '; 1000]),
            ("b.json", &[b' '; 1001]),
            ("c.json.gz", &gzip(&[b' '; 1001])),
            ("d.json", b"[4]"),
        ]);
        let files = read_files([folder.path().to_owned()], LIMIT).unwrap();
        let results: Vec<_> =
            files.map(|file| file.map(|f| f.body.len()).map_err(|error| error.code())).collect();
        assert_eq!(results, [Ok(1000), Err("file_too_large"), Err("file_too_large"), Ok(3)]);
    }

    #[test]
    fn a_broken_gzip_file_is_an_error() {
        let whole = gzip(b"[1, 2, 3]");
        let folder = folder(&[("a.json.gz", &whole[..whole.len() - 6])]);
        let result = read_files([folder.path().to_owned()], LIMIT).unwrap().next().unwrap();
        assert_eq!(code_of(result), "file_unreadable");
    }

    #[test]
    fn a_refused_file_says_so() {
        let error = FileError::new("a.json", io::ErrorKind::PermissionDenied.into());
        assert_eq!(error.code(), "file_permission");
        assert_eq!(error.to_string(), "a.json may not be read by this user.");
    }
}
