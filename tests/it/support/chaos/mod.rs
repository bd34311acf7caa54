//! Everything that can break between tillbridge and Odoo, at random moments.
//!
//! | module | gives |
//! |---|---|
//! | `fault` | the kinds of faults, and a deck that deals each of them equally often |
//! | `network` | a stretch of network in front of Odoo that breaks at random |
//! | `machine` | Odoo's processes and its database, to be broken too |
//! | `life` | the sidecar from its start to its death |
//! | `tally` | the fault table: how often each was injected, and what became of the orders it met |

pub mod fault;
pub mod life;
pub mod machine;
pub mod network;
pub mod tally;
