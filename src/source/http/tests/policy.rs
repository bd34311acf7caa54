use super::*;

fn public_only(allow: &[&str]) -> AddressPolicy {
    AddressPolicy::PublicOnly { allow: allow.iter().map(|text| text.parse().unwrap()).collect() }
}

#[test]
fn an_inner_address_is_refused_however_it_is_written() {
    for host in ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "[::1]", "[::ffff:7f00:1]"] {
        let config = config(&format!("http://{host}:8069"));
        Feed::new(config.clone()).unwrap();
        let error = Feed::new(FeedConfig { address_policy: public_only(&[]), ..config }).unwrap_err();
        assert_eq!(error.code(), "source_address_not_allowed", "{host}");
    }
}

#[tokio::test]
async fn a_name_is_judged_by_what_it_resolves_to() {
    let server = answering(ResponseTemplate::new(200).set_body_string("[]")).await;
    let base = config(&format!("http://localhost:{}", server.address().port()));
    let with = |allow: &[&str]| tries(3, FeedConfig { address_policy: public_only(allow), ..base.clone() });

    let error = first_error(with(&["other.example", "10.0.0.0/8"])).await;
    assert_eq!((error.code(), error.is_transient()), ("source_address_not_allowed", false));
    assert!(error.to_string().starts_with("localhost is "), "{error}");
    assert!(error.fix().contains("add it to allow under [network]"), "{}", error.fix());
    assert!(requests(&server).await.is_empty());

    for allow in ["localhost", "127.0.0.0/8"] {
        assert_eq!(first_page(with(&[allow])).await.unwrap().body, b"[]", "{allow}");
    }
}

#[tokio::test]
async fn a_listed_literal_address_is_reached() {
    let server = answering(ResponseTemplate::new(200).set_body_string("[]")).await;
    let address_policy = public_only(&["127.0.0.1"]);
    let page = first_page(FeedConfig { address_policy, ..config(&server.uri()) }).await.unwrap();
    assert_eq!(page.body, b"[]");
}
