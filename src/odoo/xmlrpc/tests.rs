//! Every wire form, both ways; what Python writes; what nobody should write.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::*;

/// The answer around one value.
fn answer(value: &str) -> String {
    format!(
        "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n{value}</param>\n</params>\n</methodResponse>\n"
    )
}

fn try_read<T: serde::de::DeserializeOwned>(value: &str) -> Result<T, DecodeError> {
    match decode_response(answer(value).as_bytes(), Limits::default())? {
        Response::Result(result) => Ok(result),
        Response::Fault(fault) => panic!("fault {fault:?}"),
    }
}

fn read<T: serde::de::DeserializeOwned>(value: &str) -> T {
    try_read(value).unwrap_or_else(|error| panic!("{value}: {error}"))
}

fn refuse<T: serde::de::DeserializeOwned + std::fmt::Debug>(value: &str) -> String {
    try_read::<T>(value).expect_err(value).to_string()
}

fn refuse_document(document: &[u8]) -> DecodeErrorKind {
    decode_response::<Value>(document, Limits::default())
        .expect_err(&String::from_utf8_lossy(document))
        .kind()
        .clone()
}

/// What stands between `<param>` and `</param>`.
fn write<T: Serialize + ?Sized>(value: &T) -> String {
    let bytes = encode_response(value).expect("encodes");
    let text = String::from_utf8(bytes).expect("UTF-8");
    let (_, rest) = text.split_once("<param>").expect("param");
    rest.split_once("</param>").expect("end").0.to_owned()
}

fn refuse_to_write<T: Serialize + ?Sized>(value: &T) -> EncodeError {
    encode_response(value).expect_err("must not encode")
}

fn dec(text: &str) -> Decimal {
    text.parse().expect("decimal")
}

mod reading {
    use super::*;

    #[test]
    fn fish_and_chips_arrive_whole() {
        assert_eq!(read::<String>("<value><string>Fish &amp; Chips</string></value>"), "Fish & Chips");
        assert_eq!(read::<Value>("<value>Fish &amp; Chips</value>"), "Fish & Chips".into());
        assert_eq!(
            read::<String>("<value>a &lt;b&gt; &quot;c&quot; &apos;d&apos;</value>"),
            "a <b> \"c\" 'd'"
        );
        // Escaped twice by the sender: once is taken off, no more.
        assert_eq!(read::<String>("<value>Fish &amp;amp; Chips</value>"), "Fish &amp; Chips");
    }

    #[test]
    fn character_references_and_cdata() {
        assert_eq!(read::<String>("<value>&#1602;&#x647;&#13;&#10;</value>"), "قه\r\n");
        assert_eq!(
            read::<String>("<value><string>a<![CDATA[<b> &amp; ]]>c</string></value>"),
            "a<b> &amp; c"
        );
        assert_eq!(read::<String>("<value><![CDATA[]]></value>"), "");
        assert!(refuse::<String>("<value>&#0;</value>").contains("&#0;"));
        assert!(refuse::<String>("<value>&#xD800;</value>").contains("entity"));
        assert!(refuse::<String>("<value>&#x110000;</value>").contains("entity"));
        assert!(refuse::<String>("<value>&nbsp;</value>").contains("&nbsp;"));
        assert!(refuse::<String>("<value>a & b</value>").contains("lone"));
    }

    #[test]
    fn every_int_form() {
        for element in ["int", "i1", "i2", "i4", "i8", "biginteger", "ex:i8"] {
            let value = format!("<value><{element}>-42</{element}></value>");
            assert_eq!(read::<i64>(&value), -42, "{element}");
            assert_eq!(read::<Value>(&value), Value::Int(-42), "{element}");
        }
        assert_eq!(read::<i64>("<value><i8>9223372036854775807</i8></value>"), i64::MAX);
        assert_eq!(read::<i64>("<value><int> +7\n</int></value>"), 7);
        for bad in ["9223372036854775808", "", "1.0", "0x10", "ten", "1_000", "- 1"] {
            let error = refuse::<Value>(&format!("<value><int>{bad}</int></value>"));
            assert!(error.contains("not a valid 64-bit integer"), "{bad}: {error}");
        }
        assert!(refuse::<u8>("<value><int>256</int></value>").contains("256"));
    }

    #[test]
    fn booleans_are_0_and_1() {
        assert!(read::<bool>("<value><boolean>1</boolean></value>"));
        assert!(!read::<bool>("<value><boolean>0</boolean></value>"));
        assert!(
            refuse::<bool>("<value><boolean>2</boolean></value>").contains("\"2\" is not a valid boolean")
        );
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the very same number is expected")]
    fn doubles() {
        assert_eq!(read::<f64>("<value><double>13.209999999999999</double></value>"), 13.209_999_999_999_999);
        assert_eq!(read::<f64>("<value><double>1e3</double></value>"), 1000.0);
        assert_eq!(read::<f64>("<value><double>-1E-07</double></value>"), -1e-7);
        assert_eq!(read::<f64>("<value><int>3</int></value>"), 3.0);
        assert!(
            refuse::<Value>("<value><double>1,5</double></value>").contains("\"1,5\" is not a valid double")
        );
    }

    #[test]
    fn decimals_come_from_the_text() {
        let exact = |text: &str| read::<Exact>(text).0.to_string();
        assert_eq!(exact("<value><double>13.21</double></value>"), "13.21");
        assert_eq!(exact("<value><double>13.209999999999999</double></value>"), "13.209999999999999");
        // More digits than an f64 holds.
        assert_eq!(
            exact("<value><double>1234567890123456789.123</double></value>"),
            "1234567890123456789.123"
        );
        assert_eq!(exact("<value><int>-5</int></value>"), "-5");
        assert_eq!(exact("<value>0.10</value>"), "0.10");
        assert_eq!(exact("<value><double>1e+16</double></value>"), "10000000000000000");
        assert_eq!(exact("<value><double>1.5e3</double></value>"), "1500");
        assert_eq!(exact("<value><double>-1.25e-07</double></value>"), "-0.000000125");
        assert_eq!(exact("<value><double>12.5e-1</double></value>"), "1.25");
        // Float noise below 28 places rounds away instead of failing the record.
        assert_eq!(
            read::<Exact>("<value><double>1.4210854715202004e-14</double></value>").0,
            dec("0.0000000000000142108547152020")
        );
        assert_eq!(read::<Exact>("<value><double>5e-324</double></value>").0, Decimal::ZERO);
        for bad in ["1e30", "nan", "inf", "", "1e", "e5", "--1", "1_0", "1e-401", "1e99999999999"] {
            refuse::<Exact>(&format!("<value><double>{bad}</double></value>"));
        }
        refuse::<Exact>("<value><boolean>0</boolean></value>");
    }

    #[test]
    fn decimals_on_fields() {
        #[derive(Deserialize, Serialize, Debug, PartialEq)]
        struct Line {
            #[serde(with = "decimal")]
            price: Decimal,
            #[serde(with = "decimal::option")]
            cost: Option<Decimal>,
        }
        let line = Line { price: dec("2.50"), cost: None };
        assert_eq!(
            write(&line),
            "<value><struct><member><name>price</name><value><double>2.50</double></value></member>\
             <member><name>cost</name><value><nil/></value></member></struct></value>"
        );
        assert_eq!(read::<Line>(&write(&line)), line);
        let line = Line { cost: Some(dec("-0.01")), ..line };
        assert_eq!(read::<Line>(&write(&line)), line);
        // The same from a value, and through another format.
        assert_eq!(from_value::<Line>(to_value(&line).unwrap()).unwrap(), line);
        let json = serde_json::to_string(&line).unwrap();
        assert_eq!(json, r#"{"price":2.50,"cost":-0.01}"#);
        assert_eq!(serde_json::from_str::<Line>(&json).unwrap(), line);
    }

    #[test]
    fn texts_keep_their_blanks() {
        for (wire, text) in [
            ("<value><string>  a b\t\n </string></value>", "  a b\t\n "),
            ("<value>  a  </value>", "  a  "),
            ("<value>   </value>", "   "),
            ("<value><string></string></value>", ""),
            ("<value><string/></value>", ""),
            ("<value></value>", ""),
            ("<value/>", ""),
            // An XML parser turns bare line ends of any kind into line feeds.
            ("<value>a\r\nb\rc</value>", "a\nb\nc"),
            ("<value>a<!-- not this -->b<?nor this?>c</value>", "abc"),
        ] {
            assert_eq!(read::<Value>(wire), text.into(), "{wire}");
            assert_eq!(read::<String>(wire), text, "{wire}");
        }
    }

    #[test]
    fn nil_base64_and_dates() {
        assert_eq!(read::<Value>("<value><nil/></value>"), Value::Nil);
        assert_eq!(read::<Value>("<value><ex:nil/></value>"), Value::Nil);
        assert_eq!(read::<Option<i64>>("<value><nil></nil></value>"), None);
        assert_eq!(read::<Option<i64>>("<value><int>1</int></value>"), Some(1));
        read::<()>("<value><nil/></value>");
        assert_eq!(
            read::<Value>("<value><base64>\nAAFo\n ZWxs\tbw==\n</base64></value>"),
            Value::Base64(b"\x00\x01hello".to_vec())
        );
        assert_eq!(
            read::<Value>("<value><base64>AAFoZWxsbw</base64></value>"),
            Value::Base64(b"\x00\x01hello".to_vec())
        );
        assert!(refuse::<Value>("<value><base64>A*</base64></value>").contains("base64"));
        let date = "<value><dateTime.iso8601>20260102T03:04:05</dateTime.iso8601></value>";
        assert_eq!(read::<Value>(date), Value::DateTime("20260102T03:04:05".into()));
        assert_eq!(
            read::<Vec<Value>>(&format!("<value><array><data>{date}</data></array></value>")),
            [Value::DateTime("20260102T03:04:05".into())]
        );
        assert_eq!(read::<String>(date), "20260102T03:04:05");
    }

    #[test]
    fn arrays_and_structs_within_each_other() {
        let wire = "<value><array><data><value><array><data/></array></value>\
                    <value><struct><member><name>a &amp; b</name><value><array><data><value>x</value></data></array></value></member>\
                    <member><name></name><value><struct/></value></member></struct></value></data></array></value>";
        let expected = Value::Array(vec![
            Value::Array(vec![]),
            Value::Struct(Struct::from([
                ("a & b", Value::Array(vec!["x".into()])),
                ("", Value::Struct(Struct::new())),
            ])),
        ]);
        assert_eq!(read::<Value>(wire), expected);
    }

    #[test]
    fn types_take_what_they_name() {
        #[derive(Deserialize, Debug, PartialEq)]
        struct Record {
            id: i64,
            config_id: (i64, String),
            state: State,
            #[serde(default)]
            note: Option<String>,
        }
        #[derive(Deserialize, Debug, PartialEq)]
        #[serde(rename_all = "snake_case")]
        enum State {
            OpeningControl,
            Opened,
        }
        let wire = "<value><array><data><value><struct>\
            <member><name>unasked</name><value><struct><member><name>x</name><value><array><data><value>1</value></data></array></value></member></struct></value></member>\
            <member><name>id</name><value><int>7</int></value></member>\
            <member><name>config_id</name><value><array><data><value><int>1</int></value><value>Shop</value></data></array></value></member>\
            <member><name>state</name><value>opened</value></member>\
            </struct></value></data></array></value>";
        let record = Record { id: 7, config_id: (1, "Shop".into()), state: State::Opened, note: None };
        assert_eq!(read::<Vec<Record>>(wire), [record]);

        let error = try_read::<Vec<Record>>(&wire.replace(">Shop<", "><int>5</int><")).unwrap_err();
        assert_eq!(error.path(), "[0].config_id[1]");
        assert!(error.is_shape() && error.to_string().contains("expected a string"), "{error}");
        let error = try_read::<Vec<Record>>(&wire.replace(">opened<", ">gone<")).unwrap_err();
        assert!(error.to_string().contains("unknown variant `gone`"), "{error}");
        let error = try_read::<(i64,)>(
            "<value><array><data><value><int>1</int></value><value>x</value></data></array></value>",
        )
        .unwrap_err();
        assert!(error.to_string().contains("there are more"), "{error}");
    }

    #[test]
    fn text_borrows_from_the_document() {
        let document = answer("<value><array><data><value>plain</value></data></array></value>");
        let Response::Result(texts) =
            decode_response::<Vec<&str>>(document.as_bytes(), Limits::default()).unwrap()
        else {
            panic!("fault")
        };
        assert_eq!(texts, ["plain"]);
    }

    #[test]
    fn what_python_writes() {
        // xmlrpc.client.dumps(([1, False, 'Fish & Chips', 13.209999999999999],), methodresponse=True)
        let document = b"<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><array><data>\n<value><int>1</int></value>\n<value><boolean>0</boolean></value>\n<value><string>Fish &amp; Chips</string></value>\n<value><double>13.209999999999999</double></value>\n</data></array></value>\n</param>\n</params>\n</methodResponse>\n";
        let expected: Vec<Value> =
            vec![1.into(), false.into(), "Fish & Chips".into(), Value::Double(13.209_999_999_999_999)];
        assert_eq!(
            decode_response(document, Limits::default()),
            Ok(Response::Result(Value::Array(expected)))
        );
        // xmlrpc.client.dumps(Fault(1, 'Traceback\nX: y'), methodresponse=True)
        let document = b"<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n<member>\n<name>faultCode</name>\n<value><int>1</int></value>\n</member>\n<member>\n<name>faultString</name>\n<value><string>Traceback\nX: y</string></value>\n</member>\n</struct></value>\n</fault>\n</methodResponse>\n";
        let fault = Fault { code: "1".into(), string: "Traceback\nX: y".into() };
        assert_eq!(decode_response::<Value>(document, Limits::default()), Ok(Response::Fault(fault)));
        // dumps(({'a': 1, 'b': ['  lead\r\n']}, Binary(b'\0\1hello'), None, DateTime(…)), 'm', allow_none=True)
        let document = b"<?xml version='1.0'?>\n<methodCall>\n<methodName>m</methodName>\n<params>\n<param>\n<value><struct>\n<member>\n<name>a</name>\n<value><int>1</int></value>\n</member>\n<member>\n<name>b</name>\n<value><array><data>\n<value><string>  lead\r\n</string></value>\n</data></array></value>\n</member>\n</struct></value>\n</param>\n<param>\n<value><base64>\nAAFoZWxsbw==\n</base64></value>\n</param>\n<param>\n<value><nil/></value></param>\n<param>\n<value><dateTime.iso8601>20260102T03:04:05</dateTime.iso8601></value>\n</param>\n</params>\n</methodCall>\n";
        let (method, params) = decode_call(document, Limits::default()).unwrap();
        assert_eq!(method, "m");
        let b = Value::Array(vec!["  lead\n".into()]);
        assert_eq!(
            params,
            [
                Value::Struct(Struct::from([("a", 1.into()), ("b", b)])),
                Value::Base64(b"\x00\x01hello".to_vec()),
                Value::Nil,
                Value::DateTime("20260102T03:04:05".into()),
            ]
        );
    }

    #[test]
    fn faults_of_any_make() {
        let read = |members: &str| {
            let document = format!(
                "<methodResponse><fault><value><struct>{members}</struct></value></fault></methodResponse>"
            );
            match decode_response::<Value>(document.as_bytes(), Limits::default()).unwrap() {
                Response::Fault(fault) => (fault.code, fault.string),
                Response::Result(_) => panic!("no fault"),
            }
        };
        assert_eq!(
            read("<member><name>faultCode</name><value>warning -- UserError\n\nNo</value></member>"),
            ("warning -- UserError\n\nNo".into(), String::new())
        );
        assert_eq!(read(""), (String::new(), String::new()));
    }
}

mod refusing {
    use super::*;
    use DecodeErrorKind as Kind;

    #[test]
    fn what_is_not_an_answer_at_all() {
        assert_eq!(refuse_document(b""), Kind::Empty);
        assert_eq!(refuse_document(b" \n"), Kind::Empty);
        let page = b"<!DOCTYPE html>\n<html><head><TITLE>\n 502 Bad  Gateway</TITLE></head><body>nginx</body></html>";
        assert_eq!(refuse_document(page), Kind::Html { title: Some("502 Bad Gateway".into()) });
        assert_eq!(refuse_document(b"<html><body>x"), Kind::Html { title: None });
        assert_eq!(
            refuse_document(b"<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC \"x\" \"y\"><html/>"),
            Kind::Html { title: None }
        );
        assert_eq!(refuse_document(b"{\"error\": 1}"), Kind::NotXml { start: "{\"error\": 1}".into() });
        assert!(matches!(refuse_document(b"<feed/>"), Kind::Structure(what) if what.contains("<feed>")));
        assert!(matches!(refuse_document(b"<methodCall/>"), Kind::Structure(_)));
    }

    #[test]
    fn every_cut_of_a_document_is_truncated() {
        let whole = answer(
            "<value><struct><member><name>a</name><value><array><data><value>x &amp; y</value><value><double>1.5</double></value></data></array></value></member></struct></value>",
        );
        let whole = whole.trim_end();
        let start = whole.find("<methodResponse").unwrap();
        for cut in start + 1..whole.len() {
            let kind = refuse_document(&whole.as_bytes()[..cut]);
            assert_eq!(kind, Kind::Truncated, "{:?}", &whole[..cut]);
        }
        assert_eq!(refuse_document(b"<?xml version='1.0'?>\n"), Kind::Truncated);
    }

    #[test]
    fn what_follows_the_end() {
        let whole = answer("<value>x</value>");
        for tail in ["x", "<a/>", "<methodResponse/>", "&amp;", "<", "</value>"] {
            assert_eq!(refuse_document(format!("{whole}{tail}").as_bytes()), Kind::Trailing, "{tail}");
        }
        let harmless = format!("{whole}\n <!-- bye --> <?pi?>\n");
        assert!(decode_response::<Value>(harmless.as_bytes(), Limits::default()).is_ok());
    }

    #[test]
    fn document_types_and_their_entities() {
        let bomb = b"<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY lol \"lol\">]><methodResponse><params><param><value>&lol;</value></param></params></methodResponse>";
        assert_eq!(refuse_document(bomb), Kind::DocType);
        let external = b"<!DOCTYPE r SYSTEM \"file:///etc/passwd\"><methodResponse/>";
        assert_eq!(refuse_document(external), Kind::DocType);
    }

    #[test]
    fn other_encodings() {
        let document =
            answer("<value>x</value>").replace("version='1.0'", "version='1.0' encoding='iso-8859-1'");
        assert_eq!(refuse_document(document.as_bytes()), Kind::Encoding("iso-8859-1".into()));
        let document = answer("<value>x</value>").replace("version='1.0'", "version='1.0' encoding='UTF-8'");
        assert!(decode_response::<Value>(document.as_bytes(), Limits::default()).is_ok());
        let marked = [b"\xEF\xBB\xBF", document.as_bytes()].concat();
        assert!(decode_response::<Value>(&marked, Limits::default()).is_ok());
        let mut broken = answer("<value>x?x</value>").into_bytes();
        let at = broken.iter().rposition(|b| *b == b'?').unwrap();
        broken[at] = 0xFF;
        assert!(matches!(refuse_document(&broken), Kind::Xml(_)));
    }

    #[test]
    fn structure_that_is_not_xml_rpc() {
        for bad in [
            "<value>text<int>1</int></value>",
            "<value><int>1</int>text</value>",
            "<value><int>1</int><int>2</int></value>",
            "<value><int>1<b/></int></value>",
            "<value><array><value>1</value></array></value>",
            "<value><array><data><int>1</int></data></array></value>",
            "<value><struct><member><value>1</value><name>a</name></member></struct></value>",
            "<value><struct><member><name>a</name></member></struct></value>",
            "<value><struct><member><name>a</name><value>1</value><value>2</value></member></struct></value>",
            "<value><member/></value>",
            "<value><nil>x</nil></value>",
            "<value><float>1</float></value>",
            "<value>1</value><value>2</value>",
            "",
        ] {
            let kind = refuse_document(answer(bad).as_bytes());
            assert!(matches!(kind, Kind::Structure(_)), "{bad}: {kind:?}");
        }
        assert!(matches!(refuse_document(answer("<value><int>1</value></int>").as_bytes()), Kind::Xml(_)));
    }

    #[test]
    fn size_depth_and_count() {
        let nested = |depth: usize| {
            answer(&format!(
                "{}<value/>{}",
                "<value><array><data>".repeat(depth),
                "</data></array></value>".repeat(depth)
            ))
        };
        let decode = |document: &str, limits| decode_response::<Value>(document.as_bytes(), limits);
        let limits = Limits::default();
        assert!(decode(&nested(limits.depth), limits).is_ok());
        let error = decode(&nested(limits.depth + 1), limits).unwrap_err();
        assert_eq!(error.kind(), &Kind::Limit { limit: 128, unit: "levels" });
        decode(&nested(200_000), limits).unwrap_err();

        let array = answer("<value><array><data><value/><value/></data></array></value>");
        assert!(decode(&array, Limits { values: 3, ..limits }).is_ok());
        let error = decode(&array, Limits { values: 2, ..limits }).unwrap_err();
        assert_eq!(error.kind(), &Kind::Limit { limit: 2, unit: "values" });

        assert!(decode(&array, Limits { bytes: array.len(), ..limits }).is_ok());
        let error = decode(&array, Limits { bytes: array.len() - 1, ..limits }).unwrap_err();
        assert!(matches!(error.kind(), Kind::Limit { unit: "bytes", .. }));
    }

    #[test]
    fn errors_say_where() {
        let error = try_read::<Value>("<value><struct><member><name>lines</name><value><array><data><value/><value><int>x</int></value></data></array></value></member></struct></value>").unwrap_err();
        assert_eq!(error.path(), "lines[1]");
        assert!(
            error.to_string().starts_with("lines[1]: \"x\" is not a valid 64-bit integer (at byte "),
            "{error}"
        );
    }
}

mod writing {
    use super::*;

    #[test]
    fn a_whole_call() {
        let mut call = CallEncoder::new("execute_kw").unwrap();
        call.param("database", "a & b").unwrap().param("args", &([1], "x", None::<i32>)).unwrap();
        assert_eq!(
            String::from_utf8(call.finish()).unwrap(),
            "<?xml version='1.0'?>\n<methodCall><methodName>execute_kw</methodName><params>\
             <param><value><string>a &amp; b</string></value></param>\
             <param><value><array><data><value><array><data><value><int>1</int></value></data></array></value>\
             <value><string>x</string></value><value><nil/></value></data></array></value></param>\
             </params></methodCall>\n"
        );
    }

    #[test]
    fn scalars() {
        assert_eq!(write(&true), "<value><boolean>1</boolean></value>");
        assert_eq!(write(&i32::MIN), "<value><int>-2147483648</int></value>");
        assert_eq!(write(&i64::from(i32::MAX)), "<value><int>2147483647</int></value>");
        assert_eq!(write(&7_u128), "<value><int>7</int></value>");
        assert_eq!(write(&0.1_f32), "<value><double>0.1</double></value>");
        assert_eq!(write(&13.209_999_999_999_999_f64), "<value><double>13.209999999999999</double></value>");
        assert_eq!(write(&1e-7_f64), "<value><double>0.0000001</double></value>");
        assert_eq!(write(&'<'), "<value><string>&lt;</string></value>");
        assert_eq!(write(&()), "<value><nil/></value>");
        assert_eq!(write(&Some("x")), "<value><string>x</string></value>");
        assert_eq!(
            write(&Value::Base64(b"\x00\x01hello".to_vec())),
            "<value><base64>AAFoZWxsbw==</base64></value>"
        );
        assert_eq!(
            write(&Value::DateTime("20260102T03:04:05".into())),
            "<value><dateTime.iso8601>20260102T03:04:05</dateTime.iso8601></value>"
        );
        assert_eq!(
            write(&Exact(dec("1234567890123456789.10"))),
            "<value><double>1234567890123456789.10</double></value>"
        );
    }

    #[test]
    fn texts_survive_an_xml_parser() {
        assert_eq!(
            write("\t <a> & \"b\" ]]>\r\n\u{7f}\u{85}é\u{feff}😀"),
            "<value><string>\t &lt;a&gt; &amp; \"b\" ]]&gt;&#13;\n\u{7f}\u{85}é\u{feff}😀</string></value>"
        );
    }

    #[test]
    fn enums_and_maps() {
        #[derive(Serialize, Deserialize, Debug, PartialEq)]
        enum Command {
            Clear,
            Delete(i32),
            Link(i32, i32),
            Create { name: String },
        }
        let all = vec![
            Command::Clear,
            Command::Delete(5),
            Command::Link(1, 2),
            Command::Create { name: "n".into() },
        ];
        assert_eq!(write(&Command::Clear), "<value><string>Clear</string></value>");
        assert_eq!(
            write(&Command::Delete(5)),
            "<value><struct><member><name>Delete</name><value><int>5</int></value></member></struct></value>"
        );
        assert_eq!(read::<Vec<Command>>(&write(&all)), all);
        assert_eq!(from_value::<Vec<Command>>(to_value(&all).unwrap()).unwrap(), all);

        let map = BTreeMap::from([(1, "a"), (20, "b")]);
        assert!(write(&map).contains("<name>20</name><value><string>b</string>"));
        assert_eq!(refuse_to_write(&BTreeMap::from([((1, 2), "a")])).kind(), &EncodeErrorKind::Key);
        assert_eq!(refuse_to_write(&BTreeMap::from([(Some(true), "a")])).kind(), &EncodeErrorKind::Key);
    }

    #[test]
    fn what_cannot_be_carried_is_an_error_that_says_where() {
        #[derive(Serialize)]
        struct Order {
            lines: Vec<Line>,
        }
        #[derive(Serialize)]
        struct Line {
            #[serde(rename = "na<me")]
            name: Value,
        }
        let order = |name: Value| {
            let mut call = CallEncoder::new("m").unwrap();
            let fine = Line { name: Value::Nil };
            call.param("args", &(1, Order { lines: vec![fine, Line { name }] }))
                .expect_err("must not encode")
                .to_string()
        };
        assert_eq!(
            order("Caf\u{e9}\u{7}".into()),
            "args[1].lines[1].na&lt;me: character U+0007 at position 4 of the text cannot be sent as XML; remove it"
        );
        assert!(order("\u{fffe}".into()).contains("U+FFFE at position 0"));
        assert!(order("x\u{ffff}".into()).contains("U+FFFF at position 1"));
        assert!(order("\0".into()).contains("U+0000"));
        assert!(order(Value::Int(1 << 31)).contains("the integer 2147483648 does not fit"));
        assert!(order(Value::Double(f64::NAN)).contains("the number NaN cannot be sent"));
        assert!(order(Value::Double(f64::NEG_INFINITY)).contains("the number -inf cannot be sent"));
        let bad_key = Value::Struct(Struct::from([("a\u{1}", 1)]));
        assert!(order(bad_key).contains("U+0001"));
    }
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Nil),
        any::<bool>().prop_map(Value::Bool),
        any::<i32>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(Value::Double),
        text().prop_map(Value::String),
        "[0-9]{8}T[0-9:]{8}".prop_map(Value::DateTime),
        any::<Vec<u8>>().prop_map(Value::Base64),
    ]
}

/// Any text that XML can carry.
fn text() -> impl Strategy<Value = String> {
    let printable = any::<char>().prop_filter(
        "XML",
        |c| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}'),
    );
    let special = prop::sample::select(vec!['&', '<', '>', '\r', '\n', ' ', '\t', '"', ']']);
    prop::collection::vec(prop_oneof![printable, special], 0..12)
        .prop_map(|chars| chars.into_iter().collect())
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec((text(), inner), 0..6)
                .prop_map(|members| Value::Struct(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn every_value_survives_the_wire(value in value()) {
        prop_assert_eq!(to_value(&value).unwrap(), value);
    }

    #[test]
    fn every_decimal_survives_the_wire(mantissa in -(1_i128 << 95)..1_i128 << 95, scale in 0_u32..=28) {
        let exact = Exact(Decimal::from_i128_with_scale(mantissa, scale));
        let Response::Result(back) =
            decode_response::<Exact>(&encode_response(&exact).unwrap(), Limits::default()).unwrap()
        else {
            panic!("fault")
        };
        prop_assert_eq!(back.0.to_string(), exact.0.to_string());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in any::<Vec<u8>>()) {
        let _ = decode_response::<Value>(&bytes, Limits::default());
        let markup = [b"<methodResponse>".as_slice(), &bytes].concat();
        prop_assert!(decode_response::<Value>(&markup, Limits::default()).is_err());
    }

    #[test]
    fn any_markup_is_read_or_refused(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        let document: String = pieces.concat();
        let _ = decode_response::<Value>(document.as_bytes(), Limits::default());
        let _ = decode_call(document.as_bytes(), Limits::default());
    }

    #[test]
    fn a_mutated_answer_is_read_or_refused(value in value(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut document = encode_response(&value).unwrap();
        let at = at.index(document.len());
        if cut { document.truncate(at) } else { document[at] = byte }
        let _ = decode_response::<Value>(&document, Limits::default());
    }
}

/// What documents are made of, and what trips parsers.
const PIECES: &[&str] = &[
    "<methodResponse>",
    "</methodResponse>",
    "<params>",
    "</params>",
    "<param>",
    "</param>",
    "<value>",
    "</value>",
    "<value/>",
    "<array>",
    "</array>",
    "<data>",
    "</data>",
    "<data/>",
    "<struct>",
    "</struct>",
    "<member>",
    "</member>",
    "<name>",
    "</name>",
    "<int>",
    "</int>",
    "<double>",
    "</double>",
    "<base64>",
    "</base64>",
    "<nil/>",
    "<string>",
    "</string>",
    "1",
    "x",
    " ",
    "&amp;",
    "&#0;",
    "&#",
    "&",
    ";",
    "<",
    ">",
    "</",
    "/>",
    "<!",
    "<!-",
    "<!--",
    "-->",
    "<!-->",
    "<!--->",
    "<![CDATA[",
    "]]>",
    "<![",
    "<?",
    "?>",
    "<??>",
    "<?>",
    "<?xml",
    "<?xml ?>",
    "<?xml version='1.0'?>",
    "<!DOCTYPE",
    "<!DOCTYPE>",
    "<!DOCTYPE x>",
    "[",
    "]",
    "'",
    "\"",
    "=",
    "<a b='",
    "<:>",
    "<ex:value>",
    "</ex:value>",
    "\u{feff}",
    "é",
    "\r",
];
