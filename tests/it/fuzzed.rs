//! The corpus of `tests/fuzz`, by the same properties: what fuzzing starts from, and what it
//! once found.

use std::fs;
use std::path::Path;

#[path = "../fuzz/properties/orders.rs"]
mod orders;
#[path = "../fuzz/properties/rows.rs"]
mod rows;
#[path = "../fuzz/properties/xmlrpc.rs"]
mod xmlrpc;

/// Gives every file of a folder to a check; fails where there is none.
fn each(folder: &str, hold: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut files = 0;
    for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        // What a fuzzer adds by itself has no extension.
        if path.extension().is_some() {
            println!("{}", path.display());
            hold(&fs::read(&path).unwrap());
            files += 1;
        }
    }
    assert!(files > 0, "{} is empty", folder.display());
}

#[test]
fn answers_and_calls() {
    each("fuzz/corpus/xmlrpc", xmlrpc::hold);
    each("fuzz/corpus/rows", xmlrpc::hold);
    each("benches/recorded", xmlrpc::hold);
}

#[test]
fn rows_of_records() {
    each("fuzz/corpus/rows", rows::hold);
    each("fuzz/corpus/xmlrpc", rows::hold);
}

#[test]
fn bodies_of_orders() {
    each("fuzz/corpus/orders", orders::hold);
    each("fixtures/orders", orders::hold);
}
