//! The status in lines for people.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::printer::Printer;
use super::gather::{Kept, Odoo, OneSync, Status};

/// Prints it.
pub(super) fn print(status: &Status, printer: &Printer) {
    let line = |name: &str, text: String| printer.data(format_args!("{name:<10} {text}"));
    for at in &status.at_work {
        line("Service:", format!("{}, {}, since {}", at.what, at.who, ago(at.since, status.at)));
    }
    if status.at_work.is_empty() {
        line("Service:", "none runs on this store".to_owned());
    }
    line("Odoo:", odoo(&status.odoo));
    line("Store:", store(&status.store));
    for sync in &status.syncs {
        line("Sync:", one(sync, status.at));
        if let Some(error) = sync.last_pass.as_ref().and_then(|pass| pass.error.as_ref()) {
            printer.data(format_args!("           {} → {}", error.message, error.fix));
        }
    }
    if status.syncs.is_empty() {
        line("Sync:", "none is known yet".to_owned());
    }
    if status.sessions_open > 0 {
        line("Sessions:", format!("{} of ours open", status.sessions_open));
    }
    match status.needs_person {
        0 => line("Needs you:", "nothing".to_owned()),
        1 => line("Needs you:", "1 order".to_owned()),
        many => line("Needs you:", format!("{many} orders")),
    }
    for cause in &status.causes {
        let orders = match cause.orders {
            1 => cause.example.clone(),
            many => format!("{} and {} more", cause.example, many - 1),
        };
        printer.data(format_args!("           {orders}: {} → {}", cause.message, cause.fix));
    }
    for warning in &status.warnings {
        let fix = warning.fix.as_deref().map(|fix| format!(" → {fix}")).unwrap_or_default();
        line("Warning:", format!("{}{fix}", warning.message));
    }
}

fn odoo(odoo: &Odoo) -> String {
    let text = format!("{}, database {}", odoo.url, odoo.database);
    if let Some(problem) = &odoo.problem {
        let fix = odoo.fix.as_deref().map(|fix| format!(" → {fix}")).unwrap_or_default();
        return format!("{text}: {problem}{fix}");
    }
    let series = odoo.series.as_ref().map(|series| format!(", series {series}")).unwrap_or_default();
    let transport = odoo.transport.as_ref().map(|over| format!(" over {over}")).unwrap_or_default();
    let addon = match odoo.addon {
        Some(true) => ", with the addon",
        Some(false) => ", without the addon",
        None => "",
    };
    format!("{text}{series}{transport}{addon}")
}

fn store(store: &Kept) -> String {
    if let Some(problem) = &store.problem {
        return format!("{}: {problem}", store.place);
    }
    let orders: Vec<String> =
        store.orders.iter().map(|(state, count)| format!("{count} {}", state.as_str())).collect();
    let orders = if orders.is_empty() { "no orders".to_owned() } else { orders.join(", ") };
    format!("{}, {}, {orders}", store.place, size(store.bytes.unwrap_or_default()))
}

fn one(sync: &OneSync, now: DateTime<Utc>) -> String {
    let mut parts = vec![format!("{}{}", sync.name, if sync.active { "" } else { " (paused)" })];
    match &sync.last_pass {
        None => parts.push("no pass yet".to_owned()),
        Some(pass) => {
            let how = if pass.error.is_some() { "stopped early" } else { pass.summary.as_str() };
            parts.push(format!("last pass {}: {how}", ago(pass.ended, now)));
        }
    }
    if let Some(read) = sync.source_read {
        parts.push(format!("source read to its end {}", ago(read, now)));
    }
    if sync.queue > 0 {
        let next = sync.next_try.map(|at| format!(", next try {}", at.format("%H:%M UTC")));
        parts.push(format!("{} queued{}", sync.queue, next.unwrap_or_default()));
    }
    match sync.needs_person {
        0 => {}
        1 => parts.push("1 needs you".to_owned()),
        many => parts.push(format!("{many} need you")),
    }
    parts.join("; ")
}

/// "2 minutes ago".
fn ago(then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let ago = (now - then).max(TimeDelta::zero());
    let said = |count: i64, unit: &str| match count {
        1 => format!("1 {unit} ago"),
        count => format!("{count} {unit}s ago"),
    };
    match (ago.num_days(), ago.num_hours(), ago.num_minutes()) {
        (0, 0, 0) => said(ago.num_seconds(), "second"),
        (0, 0, minutes) => said(minutes, "minute"),
        (0, hours, _) => said(hours, "hour"),
        (days, ..) => said(days, "day"),
    }
}

/// "12 MiB".
fn size(bytes: u64) -> String {
    match bytes.div_ceil(1024) {
        kib @ 0..10_240 => format!("{kib} KiB"),
        kib => format!("{} MiB", kib.div_ceil(1024)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_said_in_their_unit() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(90);
        let said = |seconds| ago(now - TimeDelta::seconds(seconds), now);
        assert_eq!(
            [1, 59, 60, 7_199, 90_000, -5].map(said),
            ["1 second ago", "59 seconds ago", "1 minute ago", "1 hour ago", "1 day ago", "0 seconds ago"]
        );
        assert_eq!([4_096, 20 << 20].map(size), ["4 KiB", "20 MiB"]);
    }
}
