//! Where a browser goes on after it was signed in: a path on this site, and never anywhere else.

/// A path on this site, perhaps with a query. There is no way to write another site in the characters it may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReturnPath(String);

const RULE: &str = "must be a path on this site, such as /tickets?view=mine: letters, digits, -, _, ., ~ and single slashes, \
                    without . or .. as a part, then perhaps ? with &, = and the same characters";
const LONGEST: usize = 512;

impl ReturnPath {
    /// Reads a path. Nothing is decoded, so nothing can be hidden in it.
    ///
    /// # Errors
    /// What a path must look like.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
        let parts = path.strip_prefix('/').ok_or(RULE)?;
        let mut parts = parts.strip_suffix('/').unwrap_or(parts).split('/');
        let is_part = |part: &str| !part.is_empty() && part != "." && part != ".." && part.bytes().all(plain);
        let is_path = path == "/" || parts.all(is_part);
        let is_query = query.is_none_or(|query| query.bytes().all(|b| plain(b) || matches!(b, b'=' | b'&')));
        if text.len() <= LONGEST && is_path && is_query { Ok(Self(text.to_owned())) } else { Err(RULE) }
    }

    /// The path.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The path with one more parameter, whose value has characters that need no escape.
    pub(crate) fn with(&self, name: &str, value: &str) -> String {
        let sign = if self.0.contains('?') { '&' } else { '?' };
        format!("{}{sign}{name}={value}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_on_this_site_is_taken_as_it_is() {
        for good in
            ["/", "/tickets", "/tickets/", "/tickets/TKT-1763700000000-4K9XQ2?tab=log&x=", "/a.b/~c_d?"]
        {
            assert_eq!(ReturnPath::parse(good).map(|path| path.as_str().to_owned()).as_deref(), Ok(good));
        }
        assert_eq!(ReturnPath::parse("/a").expect("a path").with("code", "x"), "/a?code=x");
        assert_eq!(ReturnPath::parse("/a?b=c").expect("a path").with("code", "x"), "/a?b=c&code=x");
    }

    #[test]
    fn no_other_site_can_be_written() {
        let long = format!("/{}", "a".repeat(600));
        for bad in [
            "",
            "tickets",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "\\/evil.example",
            "https:evil.example",
            "https://evil.example",
            "/https://evil.example",
            "javascript:alert(1)",
            "%2f%2fevil.example",
            "/%2fevil.example",
            "/%5cevil.example",
            "/a/%2e%2e/b",
            "user@evil.example",
            "/@evil.example",
            "/user@evil.example",
            "/a\r\nSet-Cookie: a=b",
            "/a\nb",
            "/a\tb",
            "/\t/evil.example",
            " /a",
            "/a b",
            "／／evil.example",
            "/／evil.example",
            "/\u{2215}evil.example",
            "/\u{29f8}evil.example",
            "/\u{202e}a",
            "/../evil",
            "/a/../b",
            "/a/..",
            "/./a",
            "/.",
            "/..",
            "/a//b",
            "/a//",
            "/a#b",
            "/a?b#c",
            "/a?b=//c",
            "/a?b=c:d",
            "/a?b?c",
            "/a;b",
            "/é",
            "/\0",
            &long,
        ] {
            assert!(ReturnPath::parse(bad).is_err(), "{bad:?}");
        }
    }
}
