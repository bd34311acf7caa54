//! `pos.session`: opened, taken through its opening control, closed.

use serde_json::{Map, Value as Json, json};

use super::orm::{Done, Env, Refused, USER, ids, time};

/// The methods of shops and sessions that are written here.
pub fn knows(model: &str, method: &str) -> bool {
    matches!(
        (model, method),
        ("pos.config", "open_ui")
            | (
                "pos.session",
                "create"
                    | "set_opening_control"
                    | "set_cashbox_pos"
                    | "delete_opening_control_session"
                    | "post_closing_cash_details"
                    | "close_session_from_ui"
                    | "action_pos_session_closing_control"
            )
    )
}

/// Calls one of them.
pub fn call(env: &mut Env<'_>, model: &str, method: &str, args: &[Json]) -> Done {
    if model == "pos.config" {
        return open_ui(env, ids(&args[0])[0]);
    }
    if method == "create" {
        let values = args[0].as_object().cloned().unwrap_or_default();
        env.check_fields("pos.session", values.keys())?;
        let shop = values.get("config_id").and_then(Json::as_i64);
        let shop = shop.ok_or_else(|| Refused::user("You should assign a Point of Sale to your session."))?;
        return Ok(json!(create(env, shop, "")?));
    }
    let id = ids(&args[0])[0];
    let state = env.text("pos.session", id, "state");
    let missing = env.tx.db.get("pos.session", id).is_none();
    match method {
        "delete_opening_control_session" if missing => Ok(json!({"status": "success"})),
        "delete_opening_control_session" => {
            if state != "opening_control" || !orders(env, id).is_empty() {
                return Err(Refused::user(
                    "You can only cancel a session that is in opening control state and has no orders.",
                ));
            }
            env.tx.delete("pos.session", id);
            Ok(json!({"status": "success"}))
        }
        _ if missing => Err(Refused::user(format!(
            "Record does not exist or has been deleted.\n(Record: pos.session({id},), User: {USER})"
        ))),
        "set_opening_control" if state != "opening_control" => Ok(Json::Null),
        "set_opening_control" | "set_cashbox_pos" => {
            let cash = args.get(1).cloned().unwrap_or(json!(0.0));
            open(env, id, cash);
            Ok(Json::Null)
        }
        "post_closing_cash_details" => Ok(json!({"successful": true})),
        "close_session_from_ui" => Ok(close_from_ui(env, id, &state)),
        _ => {
            check_closing(env, id, &state)?;
            close(env, id);
            Ok(if env.series == 14 { Json::Null } else { json!(true) })
        }
    }
}

/// The sessions of a shop that are not closed, rescue sessions apart.
fn current(env: &Env<'_>, shop: i64) -> Vec<i64> {
    let domain = json!([["config_id", "=", shop], ["state", "!=", "closed"], ["rescue", "=", false]]);
    env.search("pos.session", &domain, &Map::new()).expect("known fields")
}

fn orders(env: &Env<'_>, session: i64) -> Vec<i64> {
    env.search("pos.order", &json!([["session_id", "=", session]]), &Map::new()).expect("known fields")
}

fn open_ui(env: &mut Env<'_>, shop: i64) -> Done {
    // In 14 this only leads to the till; the session is opened by `create`.
    if env.series == 19 && current(env, shop).is_empty() {
        create(env, shop, "")?;
    }
    Ok(json!({"type": "ir.actions.act_url", "url": format!("/pos/ui/{shop}"), "target": "self"}))
}

/// A new session. Whether another one is open is asked of the snapshot alone: two calls at the
/// same moment make two sessions.
pub fn create(env: &mut Env<'_>, shop: i64, rescued: &str) -> Result<i64, Refused> {
    let rescue = !rescued.is_empty();
    if !rescue && !current(env, shop).is_empty() {
        return Err(Refused::user("Another session is already opened for this point of sale."));
    }
    let counts_cash = env.value("pos.config", shop, "cash_control", &super::schema::Kind::Plain("boolean"));
    let controlled = env.series == 19 || (counts_cash == true && !rescue);
    let state = if controlled { "opening_control" } else { "opened" };
    let name = match env.series {
        14 => format!("POS/{:05}{rescued}", env.tx.db.rows("pos.session").count() + 1),
        _ => "/".to_owned(),
    };
    let company = env.one("pos.config", shop, "company_id").expect("a shop has a company");
    let at_closing = env.text("res.company", company, "point_of_sale_update_stock_quantities") == "closing";
    env.insert(
        "pos.session",
        json!({
            "name": name, "state": state, "rescue": rescue, "config_id": shop, "user_id": USER,
            "update_stock_at_closing": at_closing, "cash_register_balance_start": 0.0,
            "cash_register_balance_end": 0.0,
        }),
    )
}

fn open(env: &mut Env<'_>, id: i64, cash: Json) {
    let mut values = vec![
        ("state".to_owned(), json!("opened")),
        ("start_at".to_owned(), json!(time(env.now))),
        ("cash_register_balance_start".to_owned(), cash),
    ];
    if env.series == 19 {
        let shop = env.one("pos.session", id, "config_id").expect("a session has a shop");
        let count = env.tx.db.rows("pos.session").filter(|(_, row)| row["name"] != "/").count() + 1;
        values
            .push(("name".to_owned(), json!(format!("{}/{count:05}", env.text("pos.config", shop, "name")))));
    }
    env.tx.update("pos.session", id, values);
}

const DRAFTS: &str = "You cannot close the POS while there are still draft orders for the day.";

fn check_closing(env: &Env<'_>, id: i64, state: &str) -> Result<(), Refused> {
    if state == "closed" {
        return Err(Refused::user("This session is already closed."));
    }
    let drafts: Vec<_> = orders(env, id)
        .into_iter()
        .filter(|order| env.text("pos.order", *order, "state") == "draft")
        .collect();
    match drafts.is_empty() {
        true => Ok(()),
        false if env.series == 14 => Err(Refused::user(format!(
            "There are still orders in draft state in the session. Pay or cancel the following orders to validate the session:\n{}",
            drafts.iter().map(|id| env.text("pos.order", *id, "name")).collect::<Vec<_>>().join(", ")
        ))),
        false => Err(Refused::user(DRAFTS)),
    }
}

fn close_from_ui(env: &mut Env<'_>, id: i64, state: &str) -> Json {
    match check_closing(env, id, state) {
        Ok(()) => {
            close(env, id);
            json!({"successful": true})
        }
        Err(refused) if refused.text == DRAFTS => {
            json!({"successful": false, "message": DRAFTS, "redirect": false})
        }
        Err(_) => json!({
            "successful": false, "type": "alert", "title": "Session already closed", "redirect": true,
            "message": "The session has been already closed by another User. All sales completed in the meantime have been saved in a Rescue Session, which can be reviewed anytime and posted to Accounting from Point of Sale's dashboard.",
        }),
    }
}

/// Closes a session whatever its state.
pub fn close(env: &mut Env<'_>, id: i64) {
    let values = [("state".to_owned(), json!("closed")), ("stop_at".to_owned(), json!(time(env.now)))];
    env.tx.update("pos.session", id, values);
    for order in orders(env, id) {
        env.tx.update("pos.order", order, [("state".to_owned(), json!("done"))]);
    }
}
