//! A value that is kept in the store as a note.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Result, Store};

/// The name of a note that holds a value as JSON.
#[derive(Debug)]
pub struct Note<T>(&'static str, PhantomData<fn() -> T>);

impl<T: Serialize + DeserializeOwned + Default> Note<T> {
    /// The note of this name.
    pub const fn new(name: &'static str) -> Self {
        Self(name, PhantomData)
    }

    /// What it holds. One that cannot be read, as a newer version may have written it, is as good
    /// as none: whoever keeps something that must not be lost uses another place.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn read(&self, store: &dyn Store) -> Result<T> {
        let text = store.note(self.0).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    /// Writes it.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn write(&self, store: &dyn Store, value: &T) -> Result<()> {
        store.set_note(self.0, &serde_json::to_string(value).unwrap_or_default()).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::SqliteStore;
    use super::*;

    #[tokio::test]
    async fn what_cannot_be_read_is_as_good_as_none() {
        const NOTE: Note<Vec<u32>> = Note::new("numbers");
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("store.sqlite")).await.unwrap();
        assert!(NOTE.read(&store).await.unwrap().is_empty());
        NOTE.write(&store, &vec![7]).await.unwrap();
        assert_eq!(NOTE.read(&store).await.unwrap(), vec![7]);
        store.set_note("numbers", "{\"of a newer version\": 7}").await.unwrap();
        assert!(NOTE.read(&store).await.unwrap().is_empty());
    }
}
