//! What a person decided about an order, and what that makes of its item.
//!
//! A decision is kept by the order's key, apart from the inbox: it holds for an order that
//! comes (again) later, and it is told to Odoo, from where a lost or older store learns it.

use chrono::{DateTime, Utc};

use super::rules::Standing;
use super::{Completion, State};
use crate::order::{Code, Refusal};
use crate::text;

/// What can be decided. The texts are stored and sent to the addon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// Not to be booked.
    Ignored,
    /// Complete, whatever its source says.
    Completed,
    /// The same, and booked although it comes too late for its day.
    Released,
    /// Nothing (any more): the order goes its own way.
    Open,
}

impl Decided {
    /// The stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ignored => "ignored",
            Self::Completed => "completed",
            Self::Released => "released",
            Self::Open => "none",
        }
    }

    /// What a stable text means, `None` for a text this version does not know.
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Ignored, Self::Completed, Self::Released, Self::Open];
        all.into_iter().find(|decided| decided.as_str() == text)
    }

    /// Whether a person may decide so about an item in this state: what Odoo holds, or may
    /// hold, is not decided here.
    pub(super) const fn may_be(self, state: State) -> bool {
        match self {
            Self::Ignored => !is_with_odoo(state),
            Self::Completed => matches!(state, State::Waiting),
            Self::Released => matches!(state, State::Refused),
            Self::Open => matches!(state, State::Ignored),
        }
    }
}

/// The last decision about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Canonical key text of the order.
    pub key: String,
    /// What.
    pub decided: Decided,
    /// Why, in the person's words; empty where none was asked for.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When, UTC: by Odoo's clock once `told`, by ours before.
    pub at: DateTime<Utc>,
    /// Odoo knows it.
    pub told: bool,
}

/// What a decision makes of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Turn {
    /// The new state.
    pub state: State,
    /// Its reason.
    pub reason: Option<Refusal>,
    /// The person's word that it is complete, where that is new.
    pub completion: Option<Completion>,
    /// What a pass found before does not count any more.
    pub replan: bool,
}

/// The reason of an item that a person closed.
pub(super) fn closed(by: &str, reason: &str) -> Refusal {
    Refusal::new(
        Code::ClosedByPerson,
        text!("Closed by {by}: {reason}", by, reason),
        text!("Nothing to do. It is opened again by: tillbridge orders reopen ID"),
    )
}

/// What a decision makes of the item of its key; `None` when it stands so already, or Odoo
/// has the last word on it.
pub(super) fn obey(item: &Standing, decision: &Decision) -> Option<Turn> {
    let (by, at) = (decision.by.as_str(), decision.at);
    match decision.decided {
        Decided::Ignored => {
            let reason = Some(closed(by, &decision.reason));
            let stands = item.state == State::Ignored && item.reason == reason;
            (!is_with_odoo(item.state) && !stands).then_some(Turn {
                state: State::Ignored,
                reason,
                completion: None,
                replan: false,
            })
        }
        Decided::Completed | Decided::Released => {
            let late = decision.decided == Decided::Released;
            let is_new = !item.completed || (late && !item.released);
            let completion = is_new.then(|| Completion { by: by.to_owned(), at, late });
            let opens = match item.state {
                State::Ignored => true,
                State::Waiting => is_new,
                State::Refused => is_new && late,
                _ => false,
            };
            let (state, reason) =
                if opens { (State::Ready, None) } else { (item.state, item.reason.clone()) };
            (opens || completion.is_some()).then_some(Turn { state, reason, completion, replan: opens })
        }
        Decided::Open => (item.state == State::Ignored).then_some(Turn {
            state: State::Ready,
            reason: None,
            completion: None,
            replan: true,
        }),
    }
}

const fn is_with_odoo(state: State) -> bool {
    matches!(state, State::Sending | State::Booked | State::Conflict)
}
