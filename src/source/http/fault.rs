//! What the HTTP client's errors mean. They are walked to the cause, since their own texts
//! say "error sending request" and hold the whole address.

use std::error::Error;
use std::io;

use rustls::CertificateError;
use url::Url;

use super::origin::redact;
use super::resolve::ResolveError;
use crate::source::SourceError;

/// The error of a request that got no answer, or no complete one.
pub(super) fn classify(url: &Url, error: &reqwest::Error) -> SourceError {
    let url = redact(url);
    if let Some(cause) = find::<ResolveError>(error) {
        return match cause {
            ResolveError::Unknown { host, detail } => {
                SourceError::Dns { host: host.clone(), detail: detail.clone() }
            }
            ResolveError::NotAllowed { host, address } => {
                SourceError::AddressNotAllowed { host: host.clone(), address: address.to_string() }
            }
        };
    }
    if let Some(cause) = find::<rustls::Error>(error) {
        return SourceError::Tls { url, detail: tls_in_words(cause) };
    }
    if error.is_timeout() {
        let what = if error.is_connect() { "accept a connection" } else { "answer" };
        return SourceError::Timeout { url, what };
    }
    let refused = |cause: &io::Error| cause.kind() == io::ErrorKind::ConnectionRefused;
    if find::<io::Error>(error).is_some_and(refused) {
        return SourceError::ConnectionRefused { url };
    }
    let detail = causes(error).last().map(ToString::to_string).unwrap_or_default();
    if error.is_body() || error.is_decode() {
        return SourceError::BrokenBody { url, detail };
    }
    SourceError::Connection { url, detail }
}

/// The objections met in practice in plain words; `rustls` says the rest.
fn tls_in_words(error: &rustls::Error) -> String {
    let objection = match error {
        rustls::Error::InvalidMessage(_) => "the port does not speak TLS",
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "its certificate has expired"
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "its certificate is not valid yet"
            }
            CertificateError::UnknownIssuer => {
                "its certificate comes from no authority that this machine trusts"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "its certificate is for another host"
            }
            _ => return error.to_string(),
        },
        _ => return error.to_string(),
    };
    objection.to_owned()
}

fn find<T: Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    causes(error).find_map(<dyn Error>::downcast_ref)
}

/// The error and what is behind it.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(Some(error as &(dyn Error + 'static)), |error| cause(*error))
}

/// What is behind an error. An [`io::Error`]'s own `source` skips the error it wraps.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

#[cfg(test)]
mod tests {
    use rustls::{AlertDescription, Error};

    use super::*;

    #[test]
    fn a_bad_certificate_is_told_in_words() {
        for (certificate, words) in [
            (CertificateError::Expired, "expired"),
            (CertificateError::UnknownIssuer, "no authority that this machine trusts"),
            (CertificateError::NotValidForName, "for another host"),
            (CertificateError::NotValidYet, "not valid yet"),
            (CertificateError::BadSignature, "BadSignature"),
        ] {
            let said = tls_in_words(&Error::InvalidCertificate(certificate));
            assert!(said.contains(words), "{said}");
        }
        let alert = Error::AlertReceived(AlertDescription::HandshakeFailure);
        assert!(tls_in_words(&alert).contains("HandshakeFailure"));
    }
}
