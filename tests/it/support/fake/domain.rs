//! Conditions on records, in Odoo's prefix notation.

use serde_json::Value as Json;

use super::orm::{Env, Refused};
use super::schema::Kind;

/// Whether a record meets a condition.
pub fn meets(env: &Env<'_>, model: &str, id: i64, domain: &[Json]) -> Result<bool, Refused> {
    let mut rest = domain;
    let mut all = true;
    while !rest.is_empty() {
        all &= term(env, model, id, &mut rest)?;
    }
    Ok(all)
}

fn term(env: &Env<'_>, model: &str, id: i64, rest: &mut &[Json]) -> Result<bool, Refused> {
    let (first, after) = rest.split_first().expect("a term after each operator");
    *rest = after;
    match first.as_str() {
        Some("|") => Ok(term(env, model, id, rest)? | term(env, model, id, rest)?),
        Some("&") => Ok(term(env, model, id, rest)? & term(env, model, id, rest)?),
        Some("!") => Ok(!term(env, model, id, rest)?),
        _ => leaf(env, model, id, first),
    }
}

fn leaf(env: &Env<'_>, model: &str, id: i64, leaf: &Json) -> Result<bool, Refused> {
    let [path, operator, wanted] = leaf.as_array().map(Vec::as_slice).unwrap_or_default() else {
        panic!("not a condition: {leaf}")
    };
    let (path, operator) = (path.as_str().expect("a field"), operator.as_str().expect("an operator"));
    let found = values(env, model, id, path).ok_or_else(|| unknown(env, model, path, operator, wanted))?;
    let any = |test: &dyn Fn(&Json) -> bool| found.iter().any(test);
    let is_in = |list: &Json| {
        let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
        found.iter().any(|one| list.iter().any(|wanted| same(one, wanted)))
    };
    Ok(match operator {
        "=" | "parent_of" => any(&|one| same(one, wanted)),
        "!=" => !any(&|one| same(one, wanted)),
        "in" => is_in(wanted),
        "not in" => !is_in(wanted),
        ">" => any(&|one| order(one, wanted).is_some_and(std::cmp::Ordering::is_gt)),
        ">=" => any(&|one| order(one, wanted).is_some_and(std::cmp::Ordering::is_ge)),
        "<" => any(&|one| order(one, wanted).is_some_and(std::cmp::Ordering::is_lt)),
        "<=" => any(&|one| order(one, wanted).is_some_and(std::cmp::Ordering::is_le)),
        "=like" => any(&|one| like(one.as_str().unwrap_or_default(), wanted.as_str().unwrap_or_default())),
        "ilike" => {
            let part = wanted.as_str().unwrap_or_default().to_lowercase();
            any(&|one| one.as_str().is_some_and(|text| text.to_lowercase().contains(&part)))
        }
        other => panic!("the fake knows no operator {other}"),
    })
}

fn unknown(env: &Env<'_>, model: &str, path: &str, operator: &str, wanted: &Json) -> Refused {
    let place = if env.series == 14 { "leaf" } else { "condition" };
    Refused::python(&format!(
        "ValueError: Invalid field {model}.{path} in {place} ('{path}', '{operator}', {wanted})"
    ))
}

/// The values that a path of fields leads to; one `false` where it leads to nothing. `None`
/// where there is no such field.
fn values(env: &Env<'_>, model: &str, id: i64, path: &str) -> Option<Vec<Json>> {
    let (field, rest) = path.split_once('.').map_or((path, None), |(field, rest)| (field, Some(rest)));
    let kind = env.field(model, field)?.clone();
    let own: Vec<Json> = match env.value(model, id, field, &kind) {
        Json::Array(many) if many.is_empty() => vec![Json::Bool(false)],
        Json::Array(many) => many,
        one => vec![one],
    };
    let (Some(rest), Kind::One(other) | Kind::Many(other) | Kind::Inverse(other, _)) = (rest, &kind) else {
        return Some(own);
    };
    let mut found = Vec::new();
    for id in own.iter().filter_map(Json::as_i64) {
        found.extend(values(env, other, id, rest)?);
    }
    Some(if found.is_empty() { vec![Json::Bool(false)] } else { found })
}

/// An empty text, a missing value and `false` are the same.
fn same(one: &Json, other: &Json) -> bool {
    let is_empty = |value: &Json| matches!(value, Json::Null | Json::Bool(false)) || *value == "";
    if is_empty(one) || is_empty(other) {
        return is_empty(one) && is_empty(other);
    }
    one == other || one.as_f64().is_some_and(|number| Some(number) == other.as_f64())
}

fn order(one: &Json, other: &Json) -> Option<std::cmp::Ordering> {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one.partial_cmp(&other),
        _ => Some(one.as_str()?.cmp(other.as_str()?)),
    }
}

/// SQL's `LIKE`: `%` is any text, `_` any character.
fn like(text: &str, pattern: &str) -> bool {
    let mut chars = pattern.chars();
    match chars.next() {
        None => text.is_empty(),
        Some('%') => {
            let rest = chars.as_str();
            (0..=text.len()).filter(|&at| text.is_char_boundary(at)).any(|at| like(&text[at..], rest))
        }
        Some('_') => text.chars().next().is_some_and(|one| like(&text[one.len_utf8()..], chars.as_str())),
        Some(wanted) => text.strip_prefix(wanted).is_some_and(|text| like(text, chars.as_str())),
    }
}
