//! Which Odoo it is.

use std::fmt;

use super::xmlrpc::Value;

/// The series of a server: 19.0, or saas~18.2 of Odoo Online.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Series {
    /// 14 to 19.
    pub major: u8,
    /// 0 for the yearly release, more for the ones between on Odoo Online.
    pub minor: u8,
}

impl Series {
    /// The oldest series this program knows.
    pub const OLDEST: Self = Self { major: 14, minor: 0 };
    /// The newest major version this program knows.
    pub const NEWEST_MAJOR: u8 = 19;

    /// The series of a `server_version_info` (`[19, 0, 0, 'final', 0, '']`, or
    /// `['saas~18', 2, …]`).
    pub fn from_version_info(info: &[Value]) -> Option<Self> {
        let number = |value: &Value| match value {
            Value::Int(number) => u8::try_from(*number).ok(),
            Value::String(text) => text.trim_start_matches("saas~").parse().ok(),
            _ => None,
        };
        Some(Self { major: number(info.first()?)?, minor: number(info.get(1)?)? })
    }

    /// The series of a version in words: `19.0`, `saas~18.2`, `17.0+e-20241001`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches("saas~").trim_start_matches("saas-");
        let (major, rest) = text.split_once('.')?;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let minor = rest.get(..digits)?;
        Some(Self { major: major.parse().ok()?, minor: minor.parse().ok()? })
    }

    /// Whether this program knows the series.
    pub fn is_supported(self) -> bool {
        self >= Self::OLDEST && self.major <= Self::NEWEST_MAJOR
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = if self.minor == 0 { "" } else { "saas~" };
        write!(f, "{prefix}{}.{}", self.major, self.minor)
    }
}

/// What a server says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerVersion {
    /// The series.
    pub series: Series,
    /// The whole version, such as `17.0+e-20241001`.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(major: u8, minor: u8) -> Series {
        Series { major, minor }
    }

    #[test]
    fn version_info_of_yearly_and_online_releases() {
        let yearly: Vec<Value> = vec![19.into(), 0.into(), 0.into(), "final".into()];
        assert_eq!(Series::from_version_info(&yearly), Some(series(19, 0)));
        let online: Vec<Value> = vec!["saas~18".into(), 2.into(), 0.into(), "final".into()];
        assert_eq!(Series::from_version_info(&online), Some(series(18, 2)));
        assert_eq!(Series::from_version_info(&[]), None);
        assert_eq!(Series::from_version_info(&["x".into(), 0.into()]), None);
    }

    #[test]
    fn versions_in_words() {
        assert_eq!(Series::parse("19.0"), Some(series(19, 0)));
        assert_eq!(Series::parse("saas~18.2"), Some(series(18, 2)));
        assert_eq!(Series::parse("saas~18.2+e"), Some(series(18, 2)));
        assert_eq!(Series::parse("17.0+e-20241001"), Some(series(17, 0)));
        assert_eq!(Series::parse("master"), None);
        assert_eq!(Series::parse("19."), None);
    }

    #[test]
    fn order_and_support() {
        assert!(series(18, 2) > series(18, 0) && series(18, 2) < series(19, 0));
        assert!(!series(13, 0).is_supported() && series(14, 0).is_supported());
        assert!(series(19, 4).is_supported() && !series(20, 0).is_supported());
        assert_eq!(series(18, 2).to_string(), "saas~18.2");
        assert_eq!(series(14, 0).to_string(), "14.0");
    }
}
