//! Which orders are booked: the sync's rules on status, dates and registers.

use chrono::{DateTime, TimeDelta, Utc};

use crate::booking::PartPaid;
use crate::config::Sync;
use crate::order::{Code, Order, Part, Refusal, Status, Text, Totals};
use crate::store::State;
use crate::text;

/// Where a readable order enters the inbox, with the reason for every state but `Ready`.
/// `completed`: a person says that it is complete.
pub(super) fn triage(
    order: &Order,
    sync: &Sync,
    completed: bool,
    now: DateTime<Utc>,
) -> (State, Option<Refusal>) {
    let skipped = |code, message: Text, fix: Text| (State::Skipped, Some(Refusal::new(code, message, fix)));
    if let Some(start) = sync.start_date
        && order.sale_at < start
    {
        let zone = sync.timezone;
        return skipped(
            Code::BeforeStartDate,
            text!(
                "The sale of {sale} lies before the sync's start date {start}.",
                sale = Part::moment(order.sale_at, &zone),
                start = Part::moment(start, &zone),
            ),
            text!("Nothing to do, unless the sync should start earlier."),
        );
    }
    let listed = |register: &str| sync.registers.iter().any(|name| name.trim() == register.trim());
    if !sync.registers.is_empty() && !order.register.as_deref().is_some_and(listed) {
        let register = order.register.as_deref().unwrap_or("(none)");
        return skipped(
            Code::OtherRegister,
            text!("The register {register} is not in the sync's list.", register),
            text!("Nothing to do, unless this register belongs to the sync."),
        );
    }
    let why = match &order.status {
        Status::Cancelled => {
            return skipped(
                Code::Cancelled,
                text!("The source cancelled this order."),
                text!("Nothing to do."),
            );
        }
        _ if completed => return (State::Ready, None),
        Status::Open(_) if is_long_paid(order, sync.orders.paid_days, now) => return (State::Ready, None),
        Status::Open(code) => text!("The order is not completed at its source (status {code}).", code),
        Status::Completed | Status::Refund => {
            let on_account = sync.rules.customers.part_paid == PartPaid::PayLater;
            if on_account || !order.totals.is_part_paid() {
                return (State::Ready, None);
            }
            let owed = order.totals.balance.unwrap_or_default();
            text!("The order is not fully paid yet (still owed: {owed}).", owed)
        }
    };
    let fix = text!("Nothing to do: it is booked once the source shows it completed and paid.");
    let why = Refusal::new(Code::NotCompleted, why, fix);
    (State::Waiting, Some(waiting(why, order.sale_at, sync, now)))
}

/// Whether an open order was paid in full so many days ago, and not changed since.
fn is_long_paid(order: &Order, days: u32, now: DateTime<Utc>) -> bool {
    let Totals { grand, paid, balance, part_paid, .. } = &order.totals;
    let tendered = || order.tenders.iter().map(|tender| tender.amount).sum();
    let paid = paid.unwrap_or_else(tendered);
    let last = order.updated_at.map_or(order.sale_at, |updated| updated.max(order.sale_at));
    days > 0
        && order.dated
        && last + TimeDelta::days(days.into()) <= now
        && !part_paid
        && balance.unwrap_or_default().is_zero()
        && !paid.is_zero()
        && paid.abs() >= grand.abs()
}

/// Why an order waits; after the sync's number of days this is worth a look.
pub(super) fn waiting(why: Refusal, since: DateTime<Utc>, sync: &Sync, now: DateTime<Utc>) -> Refusal {
    let days = sync.orders.waiting_days;
    if days == 0 || since + TimeDelta::days(days.into()) > now {
        return why;
    }
    let since = Part::moment(since, &sync.timezone);
    Refusal::new(
        Code::WaitingLong,
        text!("{why} It waits since {since}, for more than {days} days.", why = why.message, since, days),
        text!(
            "Complete it at its source. Or book it as it is: tillbridge orders complete ID. Or close it: tillbridge orders ignore ID --reason TEXT."
        ),
    )
}

#[cfg(test)]
mod tests {
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

    /// On the morning after the sale.
    fn outcome(order_rest: &str, sync_rest: &str) -> (State, Option<Code>) {
        later(order_rest, sync_rest, "2026-02-01T08:00:00Z")
    }

    fn later(order_rest: &str, sync_rest: &str, now: &str) -> (State, Option<Code>) {
        let (state, reason) = triage(&order(order_rest), &sync(sync_rest), false, now.parse().unwrap());
        (state, reason.map(|reason| reason.code))
    }

    #[test]
    fn an_open_order_that_is_paid_for_some_days_counts_as_completed() {
        let paid = r#","OrderStatus":101,"AmountPaid":"10.0","BalanceAmount":0"#;
        let waits = (State::Waiting, Some(Code::NotCompleted));
        let ready = (State::Ready, None);
        assert_eq!(later(paid, "", "2026-02-04T00:00:00Z"), waits, "off by default");
        let rule = "paid_days = 2";
        assert_eq!(later(paid, rule, "2026-02-02T23:29:59Z"), waits);
        assert_eq!(later(paid, rule, "2026-02-02T23:30:00Z"), ready);
        let after =
            |rest: &str| later(&format!("{rest}{}", r#","OrderStatus":101"#), rule, "2026-02-04T00:00:00Z");
        assert_eq!(after(""), ready, "the tenders say what is paid");
        assert_eq!(after(r#","AmountPaid":9.99"#), waits);
        assert_eq!(after(r#","AmountPaid":10,"BalanceAmount":0.01"#), waits);
        assert_eq!(after(r#","AmountPaid":10,"IsPartialPaid":true"#), waits);
        assert_eq!(after(r#","UpdatedAt":"2026-02-03T00:00:00Z""#), waits, "it is still worked on");
    }

    #[test]
    fn waiting_for_long_is_said_with_the_moment() {
        let open = r#","OrderStatus":101"#;
        let code = |rule: &str, now: &str| later(open, rule, now).1;
        assert_eq!(code("", "2026-02-07T23:29:59Z"), Some(Code::NotCompleted));
        assert_eq!(code("", "2026-02-07T23:30:00Z"), Some(Code::WaitingLong));
        assert_eq!(code("waiting_days = 0", "2027-01-01T00:00:00Z"), Some(Code::NotCompleted));
        let now = "2026-02-10T00:00:00Z".parse().unwrap();
        let sync = sync("waiting_days = 3\ntimezone = \"Asia/Riyadh\"");
        let (state, reason) = triage(&order(open), &sync, false, now);
        assert_eq!(state, State::Waiting);
        let message = "The order is not completed at its source (status 101). It waits since 2026-02-01 02:30, for more than 3 days.";
        assert_eq!(reason.unwrap().message, message);
    }

    #[test]
    fn what_a_person_completes_waits_for_nothing_but_stays_cancelled() {
        let completed = |rest: &str| triage(&order(rest), &sync(""), true, DateTime::UNIX_EPOCH).0;
        assert_eq!(completed(r#","OrderStatus":101"#), State::Ready);
        assert_eq!(completed(r#","BalanceAmount":2.5"#), State::Ready);
        let cancelled = Order { status: Status::Cancelled, ..order("") };
        let cancelled = triage(&cancelled, &sync(""), true, DateTime::UNIX_EPOCH);
        assert_eq!(cancelled.0, State::Skipped);
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
