//! Which orders are booked: the sync's rules on status, dates and registers.

use crate::config::Sync;
use crate::order::{Code, Order, Refusal, Status};
use crate::store::State;

/// Where a readable order enters the inbox, with the reason for every state but `Ready`.
pub(super) fn triage(order: &Order, sync: &Sync) -> (State, Option<Refusal>) {
    let skipped = |code, message: String, fix: &str| (State::Skipped, Some(Refusal::new(code, message, fix)));
    if let Some(start) = sync.start_date
        && order.sale_at < start
    {
        let zone = sync.timezone;
        return skipped(
            Code::BeforeStartDate,
            format!(
                "The sale of {} lies before the sync's start date {}.",
                order.sale_at.with_timezone(&zone).format("%Y-%m-%d %H:%M"),
                start.with_timezone(&zone).format("%Y-%m-%d %H:%M"),
            ),
            "Nothing to do, unless the sync should start earlier.",
        );
    }
    let listed = |register: &str| sync.registers.iter().any(|name| name.trim() == register.trim());
    if !sync.registers.is_empty() && !order.register.as_deref().is_some_and(listed) {
        let register = order.register.as_deref().unwrap_or("(none)");
        return skipped(
            Code::OtherRegister,
            format!("The register {register} is not in the sync's list."),
            "Nothing to do, unless this register belongs to the sync.",
        );
    }
    match &order.status {
        Status::Cancelled => {
            skipped(Code::Cancelled, "The source cancelled this order.".into(), "Nothing to do.")
        }
        Status::Open(code) => waiting(format!("The order is not completed at its source (status {code}).")),
        Status::Completed | Status::Refund => {
            let owed = order.totals.balance.unwrap_or_default();
            if order.totals.part_paid || owed > rust_decimal::Decimal::ZERO {
                waiting(format!("The order is not fully paid yet (still owed: {owed})."))
            } else {
                (State::Ready, None)
            }
        }
    }
}

fn waiting(message: String) -> (State, Option<Refusal>) {
    (
        State::Waiting,
        Some(Refusal::new(
            Code::NotCompleted,
            message,
            "Nothing to do: it is booked once the source shows it completed and paid.",
        )),
    )
}
