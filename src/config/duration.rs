//! Durations as people write them: `"90s"`, `"15m"`, `"72h"`, `"3d"`.

use std::time::Duration;

use serde::Deserialize;
use serde::de::{self, Deserializer};

/// For `#[serde(deserialize_with)]`.
pub(super) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_duration(&text).ok_or_else(|| {
        de::Error::custom(format!(
            "{text:?} is not a duration; write it like \"90s\", \"15m\", \"72h\" or \"3d\""
        ))
    })
}

fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit = text.chars().next_back()?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    let number = text.strip_suffix(unit)?.trim();
    number.parse::<u64>().ok()?.checked_mul(seconds).map(Duration::from_secs)
}
