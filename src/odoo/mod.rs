//! Talking to Odoo: the XML-RPC codec, faults, transports, the client and the outcome of a
//! write. Knows nothing of orders.

pub mod xmlrpc;
