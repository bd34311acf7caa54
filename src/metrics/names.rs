//! Names that may stand as labels: so many, the first that come, and none that is long.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

/// What all further names are counted as.
const OTHER: &str = "other";
/// Signs of a name that are kept.
const LENGTH: usize = 80;

/// The names known so far.
#[derive(Debug)]
pub struct Names {
    known: RwLock<HashSet<String>>,
    most: usize,
}

impl Names {
    /// None yet, and at most so many.
    pub fn new(most: usize) -> Self {
        Self { known: RwLock::default(), most }
    }

    /// The name as a label.
    pub fn of(&self, name: &str) -> String {
        let name: String = name.chars().take(LENGTH).collect();
        // Each use is one step on the set, which a panic cannot leave half done.
        if self.known.read().unwrap_or_else(PoisonError::into_inner).contains(&name) {
            return name;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < self.most || known.contains(&name) {
            known.insert(name.clone());
            return name;
        }
        OTHER.to_owned()
    }
}
