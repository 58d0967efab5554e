//! Shapes of texts: addresses and numbers.

/// Whether this is a URI (RFC 3986): a scheme, and after it only characters that a URI may have, where it may have them.
pub(super) fn is_uri(text: &str) -> bool {
    let Some((schema, rest)) = text.split_once(':') else {
        return false;
    };
    let mut letters = schema.bytes();
    if !letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        || !letters.all(|c| c.is_ascii_alphanumeric() || b"+-.".contains(&c))
    {
        return false;
    }
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (hierarchy, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = match hierarchy.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", hierarchy),
    };
    is_authority(authority) && has_only(path, b":@/") && has_only(query, b":@/?") && has_only(fragment, b":@/?")
}

/// `[userinfo@]host[:port]`, the host perhaps an address in brackets.
fn is_authority(text: &str) -> bool {
    let (gebruiker, host) = text.rsplit_once('@').unwrap_or(("", text));
    let (host, port) = match host.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(None) => return false,
        Some(Some((address, rest))) => {
            let address_is_right =
                !address.is_empty() && address.bytes().all(|c| c.is_ascii_hexdigit() || b":.v".contains(&c));
            match rest.strip_prefix(':') {
                Some(port) if address_is_right => ("", port),
                None if address_is_right && rest.is_empty() => ("", ""),
                _ => return false,
            }
        }
        None => host.rsplit_once(':').unwrap_or((host, "")),
    };
    has_only(gebruiker, b":") && has_only(host, b"") && port.bytes().all(|c| c.is_ascii_digit())
}

/// Whether there are only unreserved characters, sub-delimiters, encoded bytes and these.
fn has_only(text: &str, also: &[u8]) -> bool {
    let mut rest = text.bytes();
    while let Some(c) = rest.next() {
        let good = match c {
            b'%' => {
                rest.next().is_some_and(|hex| hex.is_ascii_hexdigit())
                    && rest.next().is_some_and(|hex| hex.is_ascii_hexdigit())
            }
            c => c.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&c) || also.contains(&c),
        };
        if !good {
            return false;
        }
    }
    true
}

/// Exactly twenty digits (R16).
pub(super) fn is_oin(text: &str) -> bool {
    text.len() == 20 && text.bytes().all(|c| c.is_ascii_digit())
}

/// The eleven-test of a BSN (R15): nine digits, not all zero, of which the sum weighted 9, 8, ... 2 and -1 is divisible
/// by eleven.
pub(super) fn passes_elfproef(text: &str) -> bool {
    let weights = [9, 8, 7, 6, 5, 4, 3, 2, -1];
    let digits = text.bytes().map(|c| i32::from(c) - i32::from(b'0'));
    let sum: i32 = digits.zip(weights).map(|(digit, weight)| digit * weight).sum();
    text.len() == 9 && text.bytes().all(|c| c.is_ascii_digit()) && text != "000000000" && sum % 11 == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn r71_a_uri_is_absolute_and_has_only_characters_of_a_uri() {
        for good in [
            "https://register.voorbeeld.nl/activiteiten/3b5e7a90?x=y&z#deel",
            "urn:uuid:3b5e7a90",
            "http://[::1]:8080/",
            "a:",
            "https://jan@voorbeeld.nl:443/%c3%a9",
            "mailto:jan@voorbeeld.nl",
            "file:///etc",
            "http://[2001:db8::1]",
        ] {
            assert!(is_uri(good), "{good}");
        }
        for fout in [
            "",
            "voorbeeld.nl",
            "//voorbeeld.nl/a",
            "/a",
            ":a",
            "1a:b",
            "http://voorbeeld.nl/a b",
            "http://voorbeeld.nl/\u{e9}",
            "http://voorbeeld.nl/%c",
            "http://voorbeeld.nl/%zz",
            "http://voorbeeld.nl/a#b#c",
            "http://[::1",
            "http://[]/",
            "http://[::1]a",
            "http://voorbeeld.nl:poort/",
            "http://a/[b]",
            "http://a/\"",
            "http://a\\b",
            "ht tp://a",
            "http://a@b@c/",
            "x:<a>",
            "x:{a}",
        ] {
            assert!(!is_uri(fout), "{fout}");
        }
    }

    #[test]
    fn r16_an_oin_has_exactly_twenty_digits() {
        assert!(is_oin("00000001821002193000"));
        for fout in
            ["0000000182100219300", "000000018210021930000", "0000000182100219300a", "", "\u{661}000000018210021930"]
        {
            assert!(!is_oin(fout), "{fout}");
        }
    }

    #[test]
    fn r15_the_eleven_test() {
        for good in ["999990019", "123456782", "111222333"] {
            assert!(passes_elfproef(good), "{good}");
        }
        for fout in ["999990018", "000000000", "99999001", "9999900190", "1234567", "", "12345678x", "-23456782"] {
            assert!(!passes_elfproef(fout), "{fout}");
        }
    }

    proptest! {
        #[test]
        fn r71_any_text_can_be_asked_to_be_a_uri_or_a_bsn(text in "\\PC*|[a-z]{0,4}:?/{0,3}[\\[\\]@:%?#a-f0-9]{0,12}") {
            let _ = (is_uri(&text), passes_elfproef(&text), is_oin(&text));
        }
    }
}
