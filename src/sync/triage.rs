//! Which orders are booked: the sync's rules on status, dates and registers.

use crate::booking::PartPaid;
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
            let on_account = sync.rules.customers.part_paid == PartPaid::PayLater;
            if order.totals.is_part_paid() && !on_account {
                let owed = order.totals.balance.unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::config::Config;
    use crate::order::format::orderid::{self, ReadRules};

    fn sync(rest: &str) -> Sync {
        let text = format!(
            "[odoo]\nurl = \"http://localhost\"\ndatabase = \"d\"\nusername = \"u\"\npassword = \"p\"\n[[sync]]\nname = \"S\"\nurl = \"http://localhost\"\nshop = 1\n{rest}\n"
        );
        Config::parse(&text, std::path::Path::new("tillbridge.toml")).unwrap().syncs.remove(0)
    }

    fn order(rest: &str) -> Order {
        let raw = format!(
            r#"{{"OrderID":1,"GrandTotal":10,"OrderDate":"2026-01-31T23:30:00Z","OrderItems":[{{"ItemName":"A","Price":10}}],"CheckoutDetails":[{{"PaymentMode":1,"AmountPaid":10}}]{rest}}}"#
        );
        let rules = ReadRules::new(crate::order::SourceId::new("S").unwrap(), chrono_tz::UTC);
        orderid::read(&raw, &rules, DateTime::UNIX_EPOCH).unwrap()
    }

    fn outcome(order_rest: &str, sync_rest: &str) -> (State, Option<Code>) {
        let (state, reason) = triage(&order(order_rest), &sync(sync_rest));
        (state, reason.map(|reason| reason.code))
    }

    #[test]
    fn completed_and_paid_orders_are_ready_and_others_wait() {
        assert_eq!(outcome("", ""), (State::Ready, None));
        assert_eq!(outcome(r#","OrderStatus":106"#, ""), (State::Ready, None));
        assert_eq!(outcome(r#","OrderStatus":101"#, ""), (State::Waiting, Some(Code::NotCompleted)));
        assert_eq!(outcome(r#","BalanceAmount":2.5"#, ""), (State::Waiting, Some(Code::NotCompleted)));
        assert_eq!(outcome(r#","IsPartialPaid":true"#, ""), (State::Waiting, Some(Code::NotCompleted)));
    }

    #[test]
    fn part_paid_orders_are_ready_where_the_rest_goes_on_account() {
        let rule = "part_paid = \"pay_later\"";
        assert_eq!(outcome(r#","BalanceAmount":2.5"#, rule), (State::Ready, None));
        assert_eq!(outcome(r#","IsPartialPaid":true"#, rule), (State::Ready, None));
        let open = r#","OrderStatus":101,"BalanceAmount":2.5"#;
        assert_eq!(outcome(open, rule), (State::Waiting, Some(Code::NotCompleted)));
    }

    #[test]
    fn the_start_date_counts_in_the_stores_zone() {
        let rule = |zone: &str| format!("start_date = 2026-02-01\ntimezone = \"{zone}\"");
        assert_eq!(outcome("", &rule("UTC")), (State::Skipped, Some(Code::BeforeStartDate)));
        assert_eq!(outcome("", &rule("Asia/Riyadh")), (State::Ready, None));
    }

    #[test]
    fn registers_are_compared_whole_and_an_order_without_one_is_not_of_the_list() {
        let rule = r#"registers = ["Till 1"]"#;
        assert_eq!(outcome(r#","RegisterName":" Till 1 ""#, rule), (State::Ready, None));
        assert_eq!(
            outcome(r#","RegisterName":"Till 11""#, rule),
            (State::Skipped, Some(Code::OtherRegister))
        );
        assert_eq!(outcome("", rule), (State::Skipped, Some(Code::OtherRegister)));
    }
}
