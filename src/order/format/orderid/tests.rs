use chrono::TimeZone;
use chrono_tz::Asia::Riyadh;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::order::{Document, Line, LineDiscount, SourceId};

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/orders/", $name, ".json"))
    };
}

fn rules() -> ReadRules {
    ReadRules::new(SourceId::new("SRC").unwrap(), Riyadh)
}

fn received_at() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, 2, 3, 4, 5).unwrap()
}

fn try_read(raw: &str) -> Result<Order, Box<Unread>> {
    read(raw, &rules(), received_at())
}

fn ok(raw: &str) -> Order {
    try_read(raw).unwrap_or_else(|unread| panic!("{raw}: {unread:?}"))
}

/// A sale of one line with `fields` in front of the usual ones, which therefore may be
/// contradicted but not replaced.
fn sale(fields: &str) -> String {
    format!(
        r#"{{{fields}"OrderID":1,"GrandTotal":40,"OrderItems":[{{"ItemName":"Car Wash","Price":40}}],"CheckoutDetails":[{{"AmountPaid":40}}]}}"#
    )
}

fn with_line(line: &str) -> String {
    format!(r#"{{"OrderID":1,"GrandTotal":40,"OrderItems":[{{"Price":1}},{{{line}}}]}}"#)
}

fn with_tender(tender: &str) -> String {
    format!(
        r#"{{"OrderID":1,"GrandTotal":40,"OrderItems":[{{"Price":40}}],"CheckoutDetails":[{{{tender}}}]}}"#
    )
}

fn line(fields: &str) -> Line {
    ok(&with_line(fields)).lines.remove(1)
}

/// Code and message of a refusal.
fn refused(raw: &str) -> (Code, String) {
    let unread = try_read(raw).expect_err(raw);
    (unread.refusal.code, unread.refusal.message.to_string())
}

fn bad(message: &str) -> (Code, String) {
    (Code::BadValue, message.to_owned())
}

fn decimal(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap()
}

#[test]
fn the_examples_of_the_format() {
    let order = ok(fixture!("plain"));
    assert_eq!(order.key.canonical(), "v1:SRC/-/70211/sale");
    assert_eq!(order.status, Status::Completed);
    assert_eq!((order.sale_at, order.dated), (received_at(), false));
    assert_eq!(order.totals.grand, decimal("138"));
    assert_eq!(order.totals.tax, Some(decimal("18")));
    assert_eq!(order.totals.paid, Some(decimal("138")));
    assert!(!order.totals.part_paid);
    assert_eq!(order.lines[0].name.as_deref(), Some("Engine Oil Change"));
    assert_eq!(order.lines[0].item_id, None, "0 is none");
    assert_eq!(order.lines[0].discount, None, "0 is none");
    let tender = &order.tenders[0];
    assert_eq!((tender.amount, tender.mode), (decimal("138"), Some(1)));
    assert_eq!(
        (tender.card_type.as_deref(), &tender.card_number, &tender.reference),
        (Some("Cash"), &None, &None)
    );

    let order = ok(fixture!("thousands_two_tenders"));
    assert_eq!(order.key.order_id, "70212");
    assert_eq!(order.sale_at.to_rfc3339(), "2025-09-14T15:05:09+00:00");
    assert!(order.dated);
    assert_eq!(order.ordered_at, None, "the same moment");
    assert_eq!(order.totals.paid, Some(decimal("1610")));
    assert_eq!(order.lines[1].discount, Some(LineDiscount::Amount(decimal("30"))));
    assert_eq!(order.lines[1].item_id.as_deref(), Some("90007"));
    assert_eq!(order.tenders[0].amount, decimal("1000"));
    assert_eq!(order.tenders[0].reference.as_deref(), Some("T-88121"));

    let order = ok(fixture!("order_discount"));
    assert_eq!(order.totals.discount, Some(decimal("8.5")));
    assert_eq!(order.lines[1].quantity, decimal("2"));
    assert_eq!(order.tenders[0].mode, Some(7));

    let order = ok(fixture!("cash_change"));
    assert_eq!(order.tenders[0].amount - order.totals.grand, decimal("4"));

    let order = ok(fixture!("refund_positive"));
    assert_eq!(order.key.canonical(), "v1:SRC/-/70211/refund");
    assert_eq!(order.status, Status::Refund);
    assert_eq!(order.totals.grand, decimal("138"), "as stated");

    let order = ok(fixture!("loose_types"));
    assert_eq!(order.key.order_id, "5000000123");
    assert_eq!(order.totals.grand, decimal("2876.15"));
    assert_eq!(order.totals.tax_percent, Some(decimal("15")));
    assert_eq!((order.lines[0].price, order.lines[0].quantity), (decimal("1250.50"), decimal("2")));
    assert_eq!((&order.lines[0].name, &order.lines[0].discount), (&None, &None));
    assert_eq!((order.tenders[0].mode, &order.tenders[0].card_type), (Some(2), &None));
}

#[test]
fn identity_in_canonical_form() {
    let key = |fields: &str| {
        ok(&format!(r#"{{{fields},"GrandTotal":1,"OrderItems":[{{"Price":1}}]}}"#)).key.canonical()
    };
    for (fields, expected) in [
        (r#""OrderID":639"#, "v1:SRC/-/639/sale"),
        (r#""OrderID":639.0,"LocationID":0"#, "v1:SRC/0/639/sale"),
        (r#""OrderID":" 639 ","LocationID":"0""#, "v1:SRC/0/639/sale"),
        (r#""OrderID":"639.0","LocationID":"""#, "v1:SRC/-/639.0/sale"),
        (r#""OrderID":"0639a","LocationID":null"#, "v1:SRC/-/0639a/sale"),
        (r#""OrderID":9007199254740993,"LocationID":"-""#, "v1:SRC/%2D/9007199254740993/sale"),
        (r#""OrderID":1,"OrderID":"1","RefundID":7"#, "v1:SRC/-/1/sale"),
        (r#""OrderID":1,"OrderStatus":106,"RefundID":7"#, "v1:SRC/-/1/refund:7"),
        (r#""OrderID":1,"OrderStatus":106,"RefundID":0,"CreditNoteNo":" CN/5""#, "v1:SRC/-/1/refund:CN%2F5"),
        (r#""OrderID":1,"OrderStatus":106,"RefundID":"""#, "v1:SRC/-/1/refund"),
    ] {
        assert_eq!(key(fields), expected, "{fields}");
    }
    let mut rules = rules();
    rules.refund_id_fields = vec!["DocNo".to_owned()];
    let order =
        read(&sale(r#""OrderStatus":106,"RefundID":7,"DocNo":"R8","#), &rules, received_at()).unwrap();
    assert_eq!(order.key.document, Document::Refund(Some("R8".to_owned())));

    // The key of the refund that is made of a cancelled sale is nobody else's.
    let taken = read(&sale(r#""OrderStatus":106,"DocNo":"cancelled","#), &rules, received_at()).unwrap_err();
    assert_eq!(taken.refusal.code, Code::BadValue);
}

#[test]
fn an_order_without_a_usable_id_has_no_key() {
    for (raw, code, message, external_id) in [
        (r#"{"GrandTotal":1}"#, Code::MissingField, "OrderID is missing.", None),
        (r#"{"OrderID":" "}"#, Code::MissingField, "OrderID is missing.", None),
        (r#"{"OrderID":1.5}"#, Code::BadValue, "OrderID 1.5 is not a whole number.", Some("1.5")),
        (
            r#"{"OrderID":"a\u0001"}"#,
            Code::BadValue,
            r#"OrderID "a\u0001" has characters that no id can have."#,
            Some("a"),
        ),
        (r#"{"OrderID":1,"OrderID":2}"#, Code::Contradiction, "OrderID is 1 and OrderID is 2.", Some("1")),
        (r#"{"OrderID":1,"LocationID":[]}"#, Code::BadValue, "LocationID [] is not an id.", Some("1")),
        ("[1]", Code::Unreadable, "The order is not a JSON object.", None),
        ("null", Code::Unreadable, "The order is not a JSON object.", None),
    ] {
        let unread = try_read(raw).unwrap_err();
        assert_eq!((unread.refusal.code, unread.refusal.message.as_str()), (code, message));
        assert_eq!((unread.key, unread.external_id.as_deref()), (None, external_id), "{raw}");
    }
}

#[test]
fn status_and_its_map() {
    let status = |fields: &str| ok(&sale(fields)).status;
    for completed in [
        "",
        r#""OrderStatus":null,"#,
        r#""OrderStatus":103,"#,
        r#""OrderStatus":" 103 ","#,
        r#""OrderStatus":103.0,"#,
        r#""OrderStatus":"103.0","#,
    ] {
        assert_eq!(status(completed), Status::Completed, "{completed}");
    }
    assert_eq!(status(r#""OrderStatus":"106","#), Status::Refund);
    assert_eq!(status(r#""OrderStatus":101,"#), Status::Open("101".to_owned()));
    assert_eq!(refused(&sale(r#""OrderStatus":true,"#)), bad("OrderStatus true is not an id."));
    let mut rules = rules();
    rules.status_completed = vec!["Paid".to_owned()];
    rules.status_cancelled = vec!["void".to_owned()];
    for (text, expected) in
        [("paid", Status::Completed), ("VOID", Status::Cancelled), ("103", Status::Open("103".to_owned()))]
    {
        let raw = sale(&format!(r#""OrderStatus":"{text}","#));
        assert_eq!(read(&raw, &rules, received_at()).unwrap().status, expected);
    }
}

#[test]
fn a_negative_total_makes_a_refund() {
    let raw =
        r#"{"OrderID":1,"OrderStatus":103,"GrandTotal":"-40","OrderItems":[{"Price":40,"Quantity":-1}]}"#;
    let order = ok(raw);
    assert_eq!((order.status, order.key.document), (Status::Refund, Document::Refund(None)));
    let open = raw.replace("103", "101").replace("\"Order", "\"RefundID\":5,\"Order");
    let order = ok(&open);
    assert_eq!(order.status, Status::Open("101".to_owned()));
    assert_eq!(order.key.document, Document::Refund(Some("5".to_owned())), "its key does not change later");
}

#[test]
fn the_total_has_the_sign_it_is_booked_with() {
    let total = |status: u8, grand: &str, quantities: [&str; 2]| {
        let [a, b] = quantities;
        let lines = format!(r#"{{"Price":10,"Quantity":{a}}},{{"Price":-10,"Quantity":{b}}}"#);
        let raw =
            format!(r#"{{"OrderID":1,"OrderStatus":{status},"GrandTotal":{grand},"OrderItems":[{lines}]}}"#);
        ok(&raw).signed_total().to_string()
    };
    assert_eq!(total(103, "20", ["1", "-1"]), "20");
    assert_eq!(total(106, "20", ["1", "-1"]), "-20");
    assert_eq!(total(106, "-20", ["-1", "1"]), "-20");
    assert_eq!(total(106, "20", ["-1", "0"]), "-20");
    assert_eq!(total(106, "5", ["1", "1"]), "5", "an exchange");
}

#[test]
fn an_open_order_may_be_unfinished() {
    let unread =
        try_read(r#"{"OrderID":70220,"OrderStatus":101,"OrderItems":[],"CheckoutDetails":[]}"#).unwrap_err();
    assert_eq!(unread.refusal.code, Code::NotCompleted);
    assert_eq!(unread.refusal.message, "The order's status is 101: it is not completed.");
    assert_eq!(unread.key.unwrap().canonical(), "v1:SRC/-/70220/sale");
    let mut rules = rules();
    rules.status_cancelled = vec!["101".to_owned()];
    let raw = r#"{"OrderID":70220,"OrderStatus":101}"#;
    assert_eq!(read(raw, &rules, received_at()).unwrap_err().refusal.code, Code::Cancelled);
}

#[test]
fn amounts_that_are_none_are_refused_by_name() {
    for (raw, message) in [
        (sale(r#""Tax":"abc","#), r#"Tax "abc" is not an amount."#),
        (sale(r#""Tax":true,"#), "Tax true is not an amount."),
        (sale(r#""AmountPaid":1e400,"#), "AmountPaid 1e400 is not an amount."),
        (sale(r#""AmountPaid":"0x1F","#), r#"AmountPaid "0x1F" is not an amount."#),
        (
            sale(r#""AmountPaid":"1.234,00","#),
            r#"AmountPaid "1.234,00" is not an amount: a comma may only separate thousands, as in 1,234.00."#,
        ),
        (sale(r#""TaxPercent":{},"#), "TaxPercent {} is not an amount."),
        (with_line(r#""Price":"abc""#), r#"Line 2: Price "abc" is not an amount."#),
        (with_line(r#""Price":1,"Quantity":"two""#), r#"Line 2: Quantity "two" is not an amount."#),
        (
            with_line(r#""Price":1,"DiscountPercentage":101"#),
            "Line 2: DiscountPercentage 101 is not between 0 and 100 percent.",
        ),
        (
            with_line(r#""Price":0.12345678901234567890123456789"#),
            "Line 2: Price 0.12345678901234567890123456789 has more than 28 digits.",
        ),
        (with_tender(r#""AmountPaid":"1 000""#), r#"Payment 1: AmountPaid "1 000" is not an amount."#),
    ] {
        assert_eq!(refused(&raw), bad(message));
    }
}

#[test]
fn what_is_needed_is_not_made_up() {
    for (raw, message) in [
        (r#"{"OrderID":1,"OrderItems":[{"Price":1}]}"#.to_owned(), "GrandTotal is missing."),
        (r#"{"OrderID":1,"GrandTotal":" ","OrderItems":[{"Price":1}]}"#.to_owned(), "GrandTotal is missing."),
        (r#"{"OrderID":1,"GrandTotal":1}"#.to_owned(), "OrderItems is missing."),
        (r#"{"OrderID":1,"GrandTotal":1,"OrderItems":[]}"#.to_owned(), "OrderItems is missing."),
        (with_line(r#""ItemName":"x""#), "Line 2: Price is missing."),
        (with_line(r#""Price":null"#), "Line 2: Price is missing."),
        (with_tender(r#""PaymentMode":1"#), "Payment 1: AmountPaid is missing."),
    ] {
        assert_eq!(refused(&raw), (Code::MissingField, message.to_owned()));
    }
    assert_eq!(
        refused(r#"{"OrderID":1,"GrandTotal":1,"OrderItems":{"Price":1}}"#),
        bad(r#"OrderItems {"Price":1} is not a list."#)
    );
    assert_eq!(
        refused(r#"{"OrderID":1,"GrandTotal":1,"OrderItems":[{"Price":1},null]}"#),
        bad("Line 2 of OrderItems is not an object but null.")
    );
    let amount_only = ok(r#"{"OrderID":1,"OrderStatus":106,"GrandTotal":1}"#);
    assert_eq!(amount_only.lines, [], "a refund of an amount alone");
}

#[test]
fn two_values_for_one_field_are_refused() {
    for (raw, message) in [
        (sale(r#""GrandTotal":41,"#), "GrandTotal is 41 and GrandTotal is 40."),
        (with_line(r#""Price":1,"UnitPrice":2"#), "Line 2: Price is 1 and UnitPrice is 2."),
        (with_line(r#""Price":1,"ItemID":5,"ItemID":6"#), "Line 2: ItemID is 5 and ItemID is 6."),
        (
            with_tender(r#""AmountPaid":1,"AmountPaid":"2""#),
            r#"Payment 1: AmountPaid is 1 and AmountPaid is "2"."#,
        ),
        (
            sale(r#""OrderDetails":[{"Price":1}],"#),
            r#"OrderItems is [{"ItemName":"Car Wash","Price":40}] and OrderDetails is [{"Price":1}]."#,
        ),
    ] {
        assert_eq!(refused(&raw), (Code::Contradiction, message.to_owned()));
    }
    let same = r#""GrandTotal":"40.00","OrderDetails":[],"OrderCheckoutDetails":null,"#;
    assert_eq!(ok(&sale(same)).totals.grand, decimal("40"), "the same value twice");
}

#[test]
fn lines_under_all_their_names() {
    let other = ok(
        r#"{"OrderID":1,"GrandTotal":1,"OrderDetails":[{"Name":" زيت محرك ","UnitPrice":"1","ItemCode":"A-1"}],"OrderCheckoutDetails":[{"AmountPaid":1}]}"#,
    );
    assert_eq!(other.lines[0].name.as_deref(), Some("زيت محرك"));
    assert_eq!(other.lines[0].sku.as_deref(), Some("A-1"));
    assert_eq!(other.lines[0].quantity, Decimal::ONE);
    assert_eq!(other.tenders.len(), 1);

    let net = line(r#""Price":115,"PriceWithoutTax":100"#);
    assert_eq!((net.price, net.price_is_net), (decimal("100"), true));
    let full = line(
        r#""Price":10,"ItemID":"X7","OdooItemID":"12","Barcode":628100,"SKU":"S","Quantity":"0.5","DiscountAmount":0,"DiscountPercentage":"10",
           "Note":"n","OrderDetailPackages":[{"ItemID":1,"Price":"junk"},{"Quantity":"2.5"}],"SerialNumber":"SN1","Unit":"h","Tax":0,"TaxPercent":15"#,
    );
    assert_eq!(full.item_id.as_deref(), Some("X7"));
    assert_eq!(full.odoo_item_id, Some(12));
    assert_eq!(full.barcode.as_deref(), Some("628100"));
    assert_eq!(full.quantity, decimal("0.5"));
    assert_eq!(full.discount, Some(LineDiscount::Percent(decimal("10"))));
    let components: Vec<_> =
        full.components.iter().map(|one| (one.item_id.as_deref(), one.quantity, one.price)).collect();
    let one = (Some("1"), decimal("1"), decimal("0"));
    assert_eq!(components, [one, (None, decimal("2.5"), decimal("0"))], "their prices are not even read");
    assert_eq!(full.lot.as_deref(), Some("SN1"));
    assert_eq!((full.tax, full.tax_percent), (Some(Decimal::ZERO), Some(decimal("15"))));
    assert_eq!(
        refused(&with_line(r#""Price":1,"OdooItemID":"x""#)),
        bad(r#"Line 2: OdooItemID "x" is not a whole number."#)
    );
}

#[test]
fn tenders_and_payment_modes() {
    let tender = |fields: &str| ok(&with_tender(&format!(r#""AmountPaid":40,{fields}"#))).tenders.remove(0);
    for (mode, code) in
        [("1", 1), ("2.0", 2), ("\"7\"", 7), ("\"stcpay\"", 7), ("\"Bank Transfer\"", 8), ("4", 4), ("0", 0)]
    {
        assert_eq!(tender(&format!(r#""PaymentMode":{mode}"#)).mode, Some(code), "{mode}");
    }
    let unknown = tender(r#""PaymentMode":"Voucher""#);
    assert_eq!((unknown.mode, unknown.card_type.as_deref()), (None, Some("Voucher")));
    let both = tender(
        r#""PaymentMode":"Voucher","CardType":"Visa","AmountTip":"5","CardNumber":"4111 1111 1111 1111""#,
    );
    assert_eq!((both.mode, both.card_type.as_deref(), both.tip), (None, Some("Visa"), Some(decimal("5"))));
    assert_eq!(both.card_number.as_deref(), Some("4111 11** **** 1111"));
    assert_eq!(
        refused(&with_tender(r#""AmountPaid":1,"PaymentMode":1.5"#)),
        bad("Payment 1: PaymentMode 1.5 is not a whole number.")
    );

    let header = ok(
        r#"{"OrderID":1,"GrandTotal":40,"AmountPaid":40,"PaymentMode":2,"OrderItems":[{"Price":40}],"CheckoutDetails":[]}"#,
    );
    assert_eq!((header.tenders.len(), header.tenders[0].mode), (1, Some(2)));
    let ignored = ok(&sale(r#""AmountPaid":40,"PaymentMode":2,"#));
    assert_eq!((ignored.tenders.len(), ignored.tenders[0].mode), (1, None));
    let neither = ok(r#"{"OrderID":1,"GrandTotal":40,"AmountPaid":40,"OrderItems":[{"Price":40}]}"#);
    assert_eq!(neither.tenders, [], "how it was paid is not guessed");
}

#[test]
fn part_paid_by_any_sign_of_it() {
    let part_paid = |fields: &str| ok(&sale(fields)).totals.part_paid;
    for fields in [
        r#""BalanceAmount":"5.00","#,
        r#""PartialPayment":true,"#,
        r#""IsPartialPaid":"1","BalanceAmount":0,"#,
    ] {
        assert!(part_paid(fields), "{fields}");
    }
    for fields in
        ["", r#""BalanceAmount":0.0,"PartialPayment":false,"#, r#""BalanceAmount":-4,"IsPartialPaid":null,"#]
    {
        assert!(!part_paid(fields), "{fields}");
    }
    assert_eq!(
        refused(&sale(r#""PartialPayment":"maybe","#)),
        bad(r#"PartialPayment "maybe" is neither yes nor no."#)
    );
}

#[test]
fn dates_by_precedence() {
    let order = ok(&sale(
        r#""OrderDate":"2025-08-10T10:00:00","CheckoutDate":"10-08-2025 05:16:43 PM","UpdatedAt":"2025-08-11T00:00:00Z","#,
    ));
    assert_eq!(order.sale_at.to_rfc3339(), "2025-08-10T14:16:43+00:00");
    assert_eq!(order.ordered_at.unwrap().to_rfc3339(), "2025-08-10T07:00:00+00:00");
    assert_eq!(order.updated_at.unwrap().to_rfc3339(), "2025-08-11T00:00:00+00:00");
    assert_eq!((order.checked_out_at, order.completed_at), (None, None), "the sale's own date");
    let raw = sale(r#""OrderDate":"2025-08-10T10:00:00Z","CompletedDate":"2025-08-10T12:00:00Z","#);
    let by_order = ReadRules { sale_date_fields: vec!["OrderDate".into()], ..rules() };
    let order = read(&raw, &by_order, received_at()).unwrap();
    assert_eq!(order.sale_at.to_rfc3339(), "2025-08-10T10:00:00+00:00");
    assert_eq!(order.completed_at.unwrap().to_rfc3339(), "2025-08-10T12:00:00+00:00");
    assert_eq!((order.ordered_at, order.checked_out_at), (None, None));
    let blank = ok(&sale(r#""OrderDate":"2025-08-10","CheckoutDate":" ","CompletedDate":null,"#));
    assert_eq!((blank.sale_at.to_rfc3339().as_str(), blank.dated), ("2025-08-09T21:00:00+00:00", true));
    for field in ["OrderDate", "CheckoutDate", "CompletedDate", "UpdatedAt"] {
        let (code, message) = refused(&sale(&format!(r#""OrderDate":"2025-08-10","{field}":"soon","#)));
        assert_eq!(code, Code::BadValue);
        assert!(message.starts_with(&format!(r#"{field} "soon" is not a date"#)), "{message}");
    }
    let mut rules = rules();
    rules.sale_date_fields = vec!["OrderDate".to_owned()];
    let raw = sale(r#""OrderDate":"2025-08-10T10:00:00Z","CheckoutDate":"2025-08-11T10:00:00Z","#);
    assert_eq!(read(&raw, &rules, received_at()).unwrap().sale_at.to_rfc3339(), "2025-08-10T10:00:00+00:00");
}

#[test]
fn customer_and_the_rest() {
    let order = ok(&sale(
        r#""CustomerID":0,"CustomerName":" ","CustomerContact":966500000001,"Email":"a@b.c","customer_ref":"C-1","partner_id":"77","CustomerVAT":"310000000000003",
           "Remark":"","Note":"left door","Currency":"sar","InvoiceNo":15,"OriginalOrderID":70211.0,"register":"Till 2","DiscountCode":{"x":[1]},"#,
    ));
    let customer = &order.customer;
    assert_eq!((&customer.id, &customer.name), (&None, &None));
    assert_eq!(customer.phone.as_deref(), Some("966500000001"));
    assert_eq!((customer.reference.as_deref(), customer.odoo_id), (Some("C-1"), Some(77)));
    assert_eq!(order.note.as_deref(), Some("left door"));
    assert_eq!(order.currency.as_deref(), Some("SAR"));
    assert_eq!(
        (order.invoice_no.as_deref(), order.original_order_id.as_deref()),
        (Some("15"), Some("70211"))
    );
    assert_eq!(order.register.as_deref(), Some("Till 2"));
}

#[test]
fn text_that_is_not_json_is_refused_with_its_key() {
    let deep = format!(r#"{{"OrderID":7,"x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    for (raw, message) in [
        (
            r#"{"OrderID":7,"OrderItems":[{"Price":1},{"ItemName":"x","Price":NaN}]}"#,
            "Line 2: Price NaN is not valid JSON.",
        ),
        (r#"{"OrderID":7,"GrandTotal":Infinity}"#, "GrandTotal Infinity is not valid JSON."),
        (
            r#"{"OrderID":7,"CheckoutDetails":[{"AmountPaid":01}]}"#,
            "Payment 1: AmountPaid 01 is not valid JSON.",
        ),
        (r#"{"OrderID":7,"Remark":"a\q"}"#, r#"Remark "a\q" is not valid JSON."#),
        (r#"{"OrderID":7,"LocationID":}"#, "LocationID (nothing) is not valid JSON."),
        (r#"{"OrderID":7,"x":[1,2}"#, "x [1,2} is not valid JSON."),
        (r#"{"OrderID":7,junk}"#, "The order is not valid JSON: key must be a string at line 1 column 14."),
        (&deep, "The order is nested deeper than 32 levels."),
    ] {
        let unread = try_read(raw).unwrap_err();
        assert_eq!((unread.refusal.code, unread.refusal.message.as_str()), (Code::Unreadable, message));
        assert_eq!(unread.external_id.as_deref(), Some("7"));
        assert_eq!(unread.key.unwrap().canonical(), "v1:SRC/-/7/sale");
    }
}

/// A valid order with random cuts, changes and repetitions.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let whole = prop_oneof![
        Just(fixture!("plain")),
        Just(fixture!("loose_types")),
        Just(fixture!("thousands_two_tenders")),
        Just(fixture!("wrapper")),
    ];
    let edit =
        (any::<prop::sample::Index>(), any::<prop::sample::Index>(), "[{}\\[\\]\",:\\\\0-9a-zNé]{0,4}");
    (whole, prop::collection::vec(edit, 0..5)).prop_map(|(whole, edits)| {
        let mut bytes = whole.as_bytes().to_vec();
        for (from, length, text) in edits {
            let from = from.index(bytes.len() + 1);
            let to = (from + length.index(6)).min(bytes.len());
            bytes.splice(from..to, text.bytes());
        }
        bytes
    })
}

proptest! {
    #[test]
    fn never_panics_on_anything(raw in ".{0,200}") {
        let _ = try_read(&raw);
    }

    #[test]
    fn what_is_read_is_json_with_an_id(raw in mutated()) {
        let text = String::from_utf8_lossy(&raw);
        if let Ok(order) = try_read(&text) {
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            prop_assert!(!value["OrderID"].is_null());
            prop_assert_eq!(OrderKey::parse(&order.key.canonical()), Some(order.key));
        }
    }

    #[test]
    fn amounts_are_read_exactly(units in -10_i64.pow(14)..10_i64.pow(14), scale in 3_u32..9) {
        let price = Decimal::new(units, scale);
        for price_text in [price.to_string(), format!("\" {price} \"")] {
            prop_assert_eq!(line(&format!(r#""Price":{price_text}"#)).price, price);
        }
    }
}
