//! The names of the arguments that callers give by position.
//!
//! XML-RPC takes arguments by position, which holds through every series and override;
//! JSON-2 takes them by name only. Callers write positions, this table has the names
//! (`ids` first where the method is one of records), as the methods have them in 19.0.
//!
//! A method that is missing here is refused over JSON-2 before anything is sent, and a test
//! below finds the call in the source.

/// The names of a method's positional arguments; `None` where no call gives any.
pub(super) fn parameters(model: &str, method: &str) -> Option<&'static [&'static str]> {
    Some(match (model, method) {
        // `odoo/orm/models.py`
        (_, "create") => &["vals_list"],
        (_, "write") => &["ids", "vals"],
        (_, "read") => &["ids", "fields"],
        (_, "search_read") => &["domain", "fields"],
        (_, "search" | "search_count") => &["domain"],
        (_, "fields_get") => &["allfields", "attributes"],
        (_, "has_access") => &["ids", "operation"],
        // `point_of_sale/models`
        ("pos.order", "sync_from_ui") => &["orders"],
        ("pos.session", "set_opening_control") => &["ids", "cashbox_value", "notes"],
        ("pos.session", "post_closing_cash_details") => &["ids", "counted_cash"],
        // The addon.
        ("external.order.service", "exchange" | "take_orders" | "take_days") => &["message"],
        ("external.order.service", "invoices") => &["order_ids"],
        ("external.order.service", "closing_entry") => &["session_ids"],
        ("external.order.service", "locked_through") => &["company_id"],
        ("external.order.service", "hold_shop") => &["instance", "shop_id"],
        ("external.order.service", "shop_holder") => &["shop_id"],
        ("external.order.service", "give_back_shops") => &["instance"],
        ("external.order.service", "installed_modules") => &["names"],
        ("external.order.sync", "create_shop") => &["name", "like"],
        // Methods of records, without another argument.
        (_, "unlink")
        | ("pos.order", "action_pos_order_cancel" | "action_pos_order_invoice")
        | ("pos.config", "open_ui")
        | (
            "pos.session",
            "close_session_from_ui" | "action_pos_session_closing_control" | "delete_opening_control_session",
        ) => &["ids"],
        ("res.users", "context_get") => &[],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::parameters;

    /// Called on older series only, which have no JSON-2.
    const BEFORE_19: &[&str] = &[
        "check_access_rights",
        "create_from_ui",
        "set_cashbox_pos",
        "action_pos_session_validate",
        "action_pos_session_close",
    ];

    /// The text of a literal at the start of a source, and what follows it.
    fn literal(source: &str) -> Option<(&str, &str)> {
        source.trim_start().strip_prefix('"')?.split_once('"')
    }

    /// Model and method of the calls in a source: `.read(` and `.write(` with two texts, or
    /// with a constant and a text.
    fn calls(source: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for begin in [".read", ".write"] {
            for (_, rest) in source.match_indices(begin).map(|(at, _)| source.split_at(at + begin.len())) {
                // The type of the result may stand in between.
                let rest = match rest.strip_prefix("::<") {
                    Some(generic) => generic.split_once(">(").map_or("", |(_, rest)| rest),
                    None => rest.strip_prefix('(').unwrap_or_default(),
                };
                let (model, rest) = match literal(rest) {
                    Some((model, rest)) => (model, rest),
                    None => match rest.trim_start().split_once(',') {
                        Some((name, _)) if !name.chars().all(|c| c.is_ascii_uppercase() || c == '_') => {
                            continue;
                        }
                        Some((name, _)) => (name, &rest.trim_start()[name.len()..]),
                        None => continue,
                    },
                };
                if let Some((method, _)) = rest.trim_start().strip_prefix(',').and_then(literal) {
                    found.push((model.to_owned(), method.to_owned()));
                }
            }
        }
        found
    }

    fn sources(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !path.ends_with("tests.rs")
            {
                found.push(path);
            }
        }
    }

    #[test]
    fn every_call_of_this_program_has_names_for_its_arguments() {
        let mut files = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
        let mut seen = 0;
        for file in files.iter().filter(|file| !file.ends_with("odoo/methods.rs")) {
            for (model, method) in calls(&std::fs::read_to_string(file).unwrap()) {
                seen += 1;
                // A constant stands for its model; only the addon's has a method of its own.
                let model = if model.contains('.') { model.as_str() } else { "external.order.service" };
                assert!(
                    parameters(model, &method).is_some() || BEFORE_19.contains(&method.as_str()),
                    "{}: {model}.{method} has no names for its arguments; add them above",
                    file.display()
                );
            }
        }
        assert!(seen >= 20, "only {seen} calls found: does the test still see them?");
    }

    #[test]
    fn calls_are_seen_in_their_several_forms() {
        let source = "x.read(\"a.b\", \"c\", ());\n y\n  .write::<Vec<u8>>(\n  \"d.e\",\n \"f\",)\n z.write(MODEL, \"g\", ()); .read(model, \"h\") .read(beside)";
        let expected = [("a.b", "c"), ("d.e", "f"), ("MODEL", "g")];
        let expected: Vec<_> = expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        assert_eq!(calls(source), expected);
    }
}
