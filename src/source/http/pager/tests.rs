use super::*;

const FEED: &str = "https://shop.example/api/orders?store=7";

fn facts(orders: usize, next: Option<&str>) -> PageFacts {
    PageFacts::new(orders, next.map(Into::into))
}

/// Walks a source whose n-th page has the given facts and Link header, each with a body of
/// its own; returns the query of every request, and how it ended.
fn walk(
    paging: Paging,
    source: &[(usize, Option<&str>, Option<&str>)],
) -> (Vec<String>, Result<(), SourceError>) {
    let mut pager = Pager::new(paging, 10, FEED.parse().unwrap());
    let mut found = PageFacts::default();
    let mut asked = Vec::new();
    loop {
        let request = match pager.next(&found) {
            Ok(Some(request)) => request,
            Ok(None) => return (asked, Ok(())),
            Err(error) => return (asked, Err(error)),
        };
        let (orders, next, link) = source[asked.len()];
        let url = request.url.clone();
        asked.push(url.query().unwrap().to_owned());
        let digest = [u8::try_from(asked.len()).unwrap(); 32];
        assert!(pager.arrived(request, url, link.map(Into::into), digest).unwrap());
        found = facts(orders, next);
    }
}

fn numbered(size: Option<usize>) -> Paging {
    Paging::PageNumber { param: "page".into(), size_param: Some("per".into()), size, first: 1 }
}

fn offset(size: Option<usize>) -> Paging {
    Paging::Offset { param: "skip".into(), size_param: Some("take".into()), size }
}

#[test]
fn auto_follows_the_header_then_the_body_then_stops() {
    let (asked, end) = walk(
        Paging::Auto,
        &[
            (2, None, Some("https://shop.example/api/orders?page=2")),
            (2, Some("/api/orders?page=9"), Some("?page=3")),
            (2, Some("orders?page=4"), None),
            (2, None, None),
        ],
    );
    assert_eq!(asked, ["store=7", "page=2", "page=3", "page=4"]);
    assert_eq!(end, Ok(()));
}

#[test]
fn auto_goes_past_an_empty_page_but_not_for_ever() {
    let page = |orders, next| (orders, Some(next), None);
    let (asked, end) = walk(
        Paging::Auto,
        &[
            page(2, "?page=2"),
            page(0, "?page=3"),
            page(1, "?page=4"),
            page(0, "?page=5"),
            page(0, "?page=6"),
            page(0, "?page=7"),
        ],
    );
    assert_eq!(asked.len(), 6);
    assert_eq!(end, Ok(()));
}

#[test]
fn no_paging_is_one_page_whatever_the_source_says() {
    let (asked, end) = walk(Paging::None, &[(2, Some("?page=2"), Some("?page=2"))]);
    assert_eq!((asked.len(), end), (1, Ok(())));
}

#[test]
fn page_numbers_end_at_a_short_page_after_a_full_one() {
    let page = |orders| (orders, None, None);
    let (asked, end) = walk(numbered(Some(3)), &[page(3), page(3), page(1)]);
    assert_eq!(asked, ["store=7&per=3&page=1", "store=7&per=3&page=2", "store=7&per=3&page=3"]);
    assert_eq!(end, Ok(()));
}

#[test]
fn a_source_that_caps_the_page_size_is_read_to_its_end() {
    let page = |orders| (orders, None, None);
    let (asked, end) = walk(numbered(Some(500)), &[page(100), page(100), page(40), page(0)]);
    assert_eq!((asked.len(), end), (4, Ok(())));

    let (asked, end) = walk(offset(Some(500)), &[page(100), page(100), page(40), page(0)]);
    assert_eq!(asked.last().unwrap(), "store=7&take=500&skip=240");
    assert_eq!(end, Ok(()));
}

#[test]
fn offsets_move_by_what_came() {
    let page = |orders| (orders, None, None);
    let (asked, end) = walk(offset(Some(3)), &[page(3), page(3), page(0)]);
    assert_eq!(asked, ["store=7&take=3&skip=0", "store=7&take=3&skip=3", "store=7&take=3&skip=6"]);
    assert_eq!(end, Ok(()));
}

#[test]
fn an_unknown_size_ends_at_an_empty_page_only() {
    let page = |orders| (orders, None, None);
    let (asked, end) = walk(numbered(None), &[page(3), page(1), page(2), page(0)]);
    assert_eq!(asked.first().unwrap(), "store=7&page=1");
    assert_eq!((asked.len(), end), (4, Ok(())));
}

#[test]
fn a_token_is_sent_back_until_there_is_none() {
    let paging = Paging::CursorToken { param: "cursor".into() };
    let (asked, end) = walk(paging, &[(2, Some("a/b="), None), (2, Some("c"), None), (1, Some(" "), None)]);
    assert_eq!(asked, ["store=7", "store=7&cursor=a%2Fb%3D", "store=7&cursor=c"]);
    assert_eq!(end, Ok(()));
}

#[test]
fn a_token_that_stays_ends_quietly_once_it_brings_nothing() {
    let paging = Paging::CursorToken { param: "cursor".into() };
    let (asked, end) = walk(paging.clone(), &[(2, Some("tail"), None), (0, Some("tail"), None)]);
    assert_eq!((asked.len(), end), (2, Ok(())));

    let (asked, end) = walk(paging, &[(2, Some("tail"), None), (2, Some("tail"), None)]);
    assert_eq!(asked.len(), 2);
    assert_eq!(end.unwrap_err().code(), "source_page_repeats");
}

#[test]
fn a_link_back_is_an_error() {
    let (asked, end) = walk(Paging::Auto, &[(2, Some("?page=2"), None), (2, Some("?store=7"), None)]);
    assert_eq!(asked, ["store=7", "page=2"]);
    assert_eq!(
        end,
        Err(SourceError::PageRepeats { url: "https://shop.example/api/orders".into(), number: 3 })
    );
}

#[test]
fn pages_without_end_are_an_error() {
    let texts: Vec<String> = (2..=11).map(|n| format!("?page={n}")).collect();
    let pages: Vec<_> = texts.iter().map(|next| (1, Some(next.as_str()), None)).collect();
    let (asked, end) = walk(Paging::Auto, &pages);
    assert_eq!(asked.len(), 10);
    assert_eq!(end.unwrap_err().code(), "source_too_many_pages");
}

#[test]
fn a_link_to_another_origin_is_refused_without_its_query() {
    for (link, target) in [
        ("http://shop.example/api/orders?key=hunter2", "http://shop.example/api/orders"),
        ("https://shop.example:8443/o", "https://shop.example:8443/o"),
        ("//evil.test/o?key=hunter2", "https://evil.test/o"),
        ("https://shop.example@evil.test/o", "https://evil.test/o"),
    ] {
        let (_, end) = walk(Paging::Auto, &[(2, None, Some(link))]);
        let error = end.unwrap_err();
        assert_eq!(
            error,
            SourceError::OtherOrigin {
                url: "https://shop.example/api/orders".into(),
                how: Lead::NextPage,
                target: target.into()
            }
        );
        assert!(error.fix().contains(target));
    }
}

#[test]
fn a_token_where_an_address_is_expected_is_named() {
    let (_, end) = walk(Paging::Auto, &[(2, Some("eyJpZCI6NDJ9"), None)]);
    let error = end.unwrap_err();
    assert_eq!(error.code(), "source_bad_link");
    assert!(error.to_string().contains("eyJpZCI6NDJ9"), "{error}");
    assert!(error.fix().contains("cursor"));
}

#[test]
fn user_and_fragment_of_a_link_are_dropped() {
    let (asked, _) =
        walk(Paging::Auto, &[(1, None, Some("https://a:b@shop.example/o?page=2#x")), (1, None, None)]);
    assert_eq!(asked, ["store=7", "page=2"]);
}

#[test]
fn a_repeated_body_ends_or_fails_by_what_came_before() {
    for (orders, size, wanted) in [
        (2, Some(3), Ok(false)),
        (3, Some(3), Err("source_page_repeats")),
        (3, None, Err("source_page_repeats")),
    ] {
        let mut pager = Pager::new(numbered(size), 10, FEED.parse().unwrap());
        for page in 1..=2 {
            let request = pager.next(&facts(orders, None)).unwrap().unwrap();
            let url = request.url.clone();
            let arrived = pager.arrived(request, url, None, [1; 32]).map_err(|e| e.code());
            assert_eq!(arrived, if page == 1 { Ok(true) } else { wanted }, "{orders} {size:?}");
        }
    }
}

#[test]
fn a_page_can_be_asked_for_again() {
    let mut pager = Pager::new(offset(None), 10, FEED.parse().unwrap());
    let request = pager.next(&PageFacts::default()).unwrap().unwrap();
    let url = request.url.clone();
    pager.arrived(request, url, None, [1; 32]).unwrap();
    let asked = |pager: &Pager| pager.next(&facts(5, None)).unwrap().unwrap().url;
    assert_eq!(asked(&pager), asked(&pager));
}

/// Walks a source of so many pages, of which the second can be fetched (`arrives`) and not read,
/// or not even fetched; the queries, and how it ended.
fn walk_around(
    paging: Paging,
    pages: usize,
    link: Option<&str>,
    arrives: bool,
) -> (Vec<String>, Result<(), SourceError>) {
    let mut pager = Pager::new(paging, 10, FEED.parse().unwrap());
    let mut found = PageFacts::default();
    let mut asked = Vec::new();
    loop {
        let request = match pager.next(&found) {
            Ok(Some(request)) => request,
            Ok(None) => return (asked, Ok(())),
            Err(error) => return (asked, Err(error)),
        };
        let (number, url) = (asked.len() + 1, request.url.clone());
        asked.push(url.query().unwrap().to_owned());
        let digest = [u8::try_from(number).unwrap(); 32];
        if number == 2 && !arrives {
            pager.leave_out(request);
        } else {
            assert!(pager.arrived(request, url, link.map(Into::into), digest).unwrap());
        }
        found = match number {
            2 => PageFacts::unread(),
            _ => facts(if number <= pages { 2 } else { 0 }, None),
        };
    }
}

#[test]
fn pages_behind_one_that_cannot_be_read_are_reached_by_their_numbers() {
    for arrives in [true, false] {
        let walk = |paging| walk_around(paging, 3, None, arrives);
        let (asked, end) = walk(numbered(Some(2)));
        let query = |page: usize| format!("store=7&per=2&page={page}");
        assert_eq!((asked, end), ((1..=4).map(query).collect(), Ok(())));
        let (asked, end) = walk(offset(Some(2)));
        let query = |skip: usize| format!("store=7&take=2&skip={skip}");
        assert_eq!((asked, end), ([0, 2, 4, 6].map(query).to_vec(), Ok(())));
        // Nobody knows how many orders were on it, or what it would have linked to.
        for paging in [offset(None), Paging::Auto, Paging::CursorToken { param: "after".into() }] {
            let (asked, end) = walk_around(paging.clone(), 3, None, arrives);
            assert!(asked.len() <= 2, "{paging:?}: {asked:?}");
            assert_eq!(end, Ok(()));
        }
    }
    // A header links on, whatever the body is.
    let mut pager = Pager::new(Paging::Auto, 10, FEED.parse().unwrap());
    let request = pager.next(&PageFacts::default()).unwrap().unwrap();
    let url = request.url.clone();
    assert!(pager.arrived(request, url, Some("?page=2".into()), [1; 32]).unwrap());
    let next = pager.next(&PageFacts::unread()).unwrap().unwrap();
    assert_eq!(next.url.query(), Some("page=2"));
}

#[test]
fn an_unread_page_may_have_been_the_last_one() {
    let mut pager = Pager::new(numbered(None), 10, FEED.parse().unwrap());
    let mut found = PageFacts::default();
    for digest in [1, 2] {
        let request = pager.next(&found).unwrap().unwrap();
        let url = request.url.clone();
        assert!(pager.arrived(request, url, None, [digest; 32]).unwrap());
        found = if digest == 1 { facts(2, None) } else { PageFacts::unread() };
    }
    // The source answers with its first page again.
    let request = pager.next(&found).unwrap().unwrap();
    let url = request.url.clone();
    assert_eq!(pager.arrived(request, url, None, [1; 32]), Ok(false));
}
