//! What every backend must do: each sentence of the [`Store`] trait, as a test.
//!
//! A backend's tests name a [`Backend`] and invoke `conformance!` with an expression that makes
//! a fresh one; every case becomes a test of that backend.

pub mod deciding;
pub mod desk;
pub mod health;
pub mod histories;
pub mod missing;
mod model;
pub mod reading;
pub mod receiving;
pub mod retiring;
pub mod sending;
pub mod session;
pub mod telling;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use tillbridge::order::{Code, Refusal, Text};
use tillbridge::store::{
    Arrival, Booked, Decided, Decision, Finding, Item, Overview, Page, Places, Received, Sending, State,
    Store, StoreError, Token, Verdict,
};
use tillbridge::text;

/// Opens the same store again and again.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Opens the store. An earlier handle was dropped without a word, as in a crash, and
    /// since then the leases it had ran out.
    async fn open(&self) -> Box<dyn Store>;
}

/// Makes every case a test of one backend.
macro_rules! conformance {
    ($fresh:expr) => {
        $crate::store::conformance::conformance! { @tests $fresh;
            receiving: new_orders_enter_in_their_state,
            receiving: the_same_page_again_changes_nothing,
            receiving: another_spelling_refreshes_only_the_text,
            receiving: another_meaning_replaces_before_booking,
            receiving: an_older_stamp_never_replaces,
            receiving: a_changed_reading_takes_effect,
            receiving: what_a_pass_made_wait_is_planned_anew,
            receiving: a_key_may_stand_twice_in_a_page,
            receiving: an_item_moves_to_the_sync_that_shows_it,
            receiving: a_change_while_sending_is_parked,
            receiving: the_sent_meaning_again_drops_what_is_parked,
            receiving: a_change_after_booking_is_a_conflict,
            receiving: a_change_that_is_seen_to_is_no_conflict_any_more,
            receiving: a_newer_reader_alone_makes_no_conflict,
            receiving: completing_what_was_sent_open_makes_no_conflict,
            receiving: an_ignored_order_takes_the_content_and_stays_closed,
            receiving: an_ignored_order_forgets_a_change_that_its_source_took_back,
            receiving: the_cursor_never_goes_back,
            sending: a_marked_order_is_in_doubt_after_a_crash,
            sending: only_what_may_be_sent_is_marked,
            sending: verdicts_are_recorded,
            sending: booked_and_conflict_are_final,
            sending: verdicts_on_older_revisions_are_passed_over,
            sending: parked_content_takes_effect_with_the_outcome,
            sending: an_unknown_key_fails_the_whole_record,
            deciding: a_decision_is_kept_until_it_is_told,
            deciding: what_is_learned_takes_effect_at_once,
            deciding: what_is_learned_waits_for_the_order,
            deciding: what_is_released_is_so_wherever_it_is_learned,
            deciding: an_untold_decision_outweighs_what_is_learned,
            deciding: an_order_in_doubt_obeys_once_its_outcome_is_known,
            sending: a_person_closes_what_odoo_cannot_hold,
            sending: a_person_completes_what_waits,
            sending: a_person_lets_items_go_on,
            sending: a_person_has_items_tried_again,
            sending: what_waits_becomes_due,
            sending: orphans_are_adopted,
            reading: claims_come_in_order_and_in_pages,
            reading: claims_keep_to_their_places,
            reading: a_clock_put_back_puts_nothing_off,
            reading: lists_obey_every_filter,
            reading: items_are_got_by_key,
            reading: items_are_counted_by_state,
            missing: what_is_gone_from_odoo_is_missing_until_it_is_found,
            missing: what_is_missing_takes_new_content_and_stays_missing,
            missing: a_person_lets_what_is_missing_be_booked_again,
            health: what_may_be_is_sound,
            health: what_is_in_it_is_seen_at_a_glance,
            desk: a_store_belongs_to_one_odoo,
            desk: requests_are_taken_once_and_answered_once,
            desk: requests_of_a_dead_service_are_given_back,
            desk: notes_are_kept,
            desk: a_person_binds_a_store_to_another_odoo,
            session: another_session_under_the_same_id_takes_its_place,
            session: sessions_are_open_until_they_are_closed,
            telling: an_order_is_told_when_it_changed,
            telling: what_changes_while_it_is_told_stays_untold,
            telling: an_odoo_that_knows_nothing_is_told_all_again,
            telling: what_is_queued_may_be_left_out,
            telling: steps_stand_with_what_they_tell_of,
            telling: a_change_that_was_parked_or_contradicts_is_a_step,
            retiring: texts_of_finished_orders_age_out_and_the_orders_stay,
            retiring: what_aged_out_is_known_when_it_is_shown_again,
            retiring: what_was_seen_to_stays_so_when_it_aged_out,
            retiring: what_aged_out_comes_back_when_somebody_asks_for_it,
            retiring: what_is_open_again_gets_its_text_back,
            retiring: what_a_rule_left_out_is_forgotten_unless_somebody_decided,
            retiring: steps_and_answers_age_out,
            retiring: each_sync_keeps_for_as_long_as_it_says,
            retiring: what_something_happened_to_meanwhile_is_left_alone,
            retiring: a_walk_comes_to_everything_in_stretches,
        }

        #[test]
        fn random_histories_agree_with_the_model() {
            $crate::store::conformance::histories::random_histories_agree_with_the_model(|| $fresh);
        }
    };
    (@tests $fresh:expr; $($module:ident: $case:ident,)+) => {
        $(
            #[tokio::test]
            async fn $case() {
                $crate::store::conformance::$module::$case(&$fresh).await;
            }
        )+
    };
}
pub(crate) use conformance;

/// A moment, `seconds` after the suite's beginning.
fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_700_000_000 + seconds)
}

/// A reason.
fn because(message: &str) -> Refusal {
    Refusal::new(Code::UnknownProduct, Text::name(message), Text::name("Fix it."))
}

/// A ready order of meaning `m1`.
fn ready(key: &str) -> Arrival {
    Arrival {
        key: key.to_owned(),
        external_id: format!("id of {key}"),
        raw: format!("raw of {key}"),
        format: "orderid/1".to_owned(),
        meaning: "m1".to_owned(),
        state: State::Ready,
        reason: None,
        sale_at: Some(at(-60)),
        updated_at: None,
        total: Some(Decimal::new(13_800, 2)),
    }
}

/// The order of [`ready`] as changed at the source.
fn changed(key: &str, meaning: &str) -> Arrival {
    Arrival { raw: format!("raw of {key}, {meaning}"), meaning: meaning.to_owned(), ..ready(key) }
}

/// An order that entered in another state.
fn entered(key: &str, state: State) -> Arrival {
    Arrival { state, reason: Some(because("read so")), ..ready(key) }
}

/// A page of the sync `s` and the source `src`.
fn page(arrivals: impl Into<Vec<Arrival>>) -> Page {
    Page {
        source: "src".to_owned(),
        sync: "s".to_owned(),
        arrivals: arrivals.into(),
        cursor: None,
        steps_from: None,
        asked: BTreeSet::new(),
    }
}

/// What Odoo holds.
fn held(pos_order_id: i64) -> Booked {
    Booked {
        pos_order_id,
        name: format!("Shop/{pos_order_id}"),
        total: Decimal::new(-13_800, 2),
        warnings: vec![text!("Paid by {method}.", method = "the fallback method")],
    }
}

/// The verdicts other than `Booked`, for a `Sending` item, with the state each leads to.
fn unbooked() -> [(Verdict, State); 6] {
    [
        (Verdict::Refused(because("refused")), State::Refused),
        (Verdict::Rejected(because("refused by Odoo"), at(400)), State::Refused),
        (Verdict::Retry(because("busy"), at(500)), State::Retrying),
        (Verdict::Waiting(because("not yet")), State::Waiting),
        (Verdict::Skipped(because("by rule")), State::Skipped),
        (Verdict::NotSent, State::Ready),
    ]
}

async fn receive(store: &dyn Store, arrivals: impl Into<Vec<Arrival>>, now: i64) -> Vec<Received> {
    store.ingest_page(&page(arrivals), at(now)).await.unwrap()
}

async fn item(store: &dyn Store, key: &str) -> Item {
    let items = store.get(&[key.to_owned()]).await.unwrap();
    let [item] = items.try_into().unwrap();
    item
}

/// A lease that nobody else has.
async fn lease(store: &dyn Store) -> Token {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let name = format!("lease {}", TAKEN.fetch_add(1, Ordering::Relaxed));
    store.take_lease(&name, "the suite").await.unwrap().unwrap()
}

/// Marks orders in a pass that ends with that; the keys that were marked.
async fn mark_all(store: &dyn Store, orders: &[Sending], now: i64) -> Vec<String> {
    let lease = lease(store).await;
    let marked = store.mark_sending(orders, lease, at(now)).await.unwrap();
    store.give_back(lease).await.unwrap();
    marked
}

/// Marks an item as it stands; whether it was marked.
async fn mark(store: &dyn Store, key: &str, now: i64) -> bool {
    let revision = item(store, key).await.revision;
    let order = Sending { key: key.to_owned(), revision, payload_hash: format!("sent at {now}") };
    mark_all(store, &[order], now).await == [key]
}

/// Records a verdict on an item as it stands.
async fn record(store: &dyn Store, key: &str, verdict: Verdict, now: i64) {
    let revision = item(store, key).await.revision;
    let finding = Finding { key: key.to_owned(), revision, verdict, steps: Vec::new() };
    store.record(&[finding], None, at(now)).await.unwrap();
}

/// The reason of an order that a person closed.
fn closed(by: &str, reason: &str) -> Refusal {
    Refusal::new(
        Code::ClosedByPerson,
        text!("Closed by {by}: {reason}", by, reason),
        text!("Nothing to do. It is opened again by: tillbridge orders reopen ID"),
    )
}

/// Decides about items, as Anna and for a reason; the keys it was taken for.
async fn decide(store: &dyn Store, keys: &[String], decided: Decided, now: i64) -> Vec<String> {
    store.decide(keys, decided, "anna", "a test", at(now)).await.unwrap()
}

/// Receives an order and brings it into a state.
async fn bring(store: &dyn Store, key: &str, state: State) {
    let first = match state {
        State::Waiting | State::Refused | State::Skipped => entered(key, state),
        _ => ready(key),
    };
    receive(store, [first], 0).await;
    match state {
        State::Waiting | State::Refused | State::Skipped | State::Ready => {}
        State::Retrying => record(store, key, Verdict::Retry(because("busy"), at(500)), 1).await,
        State::Ignored => {
            decide(store, &[key.to_owned()], Decided::Ignored, 1).await;
        }
        State::Sending | State::Booked | State::Conflict | State::Missing => {
            assert!(mark(store, key, 1).await);
            if state != State::Sending {
                record(store, key, Verdict::Booked(held(7)), 2).await;
            }
            if state == State::Conflict {
                receive(store, [changed(key, "m2")], 3).await;
            }
            if state == State::Missing {
                record(store, key, Verdict::Gone(because("gone")), 3).await;
            }
        }
    }
    assert_eq!(item(store, key).await.state, state);
}
