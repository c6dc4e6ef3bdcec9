//! Pages of an app that sees its own address, on their way to browsers: what an attribute names by that leads to the public one.
//! The runtime's HTMLRewriter would end a page at a tag of 3 MB (an inlined picture), or where a browser mends what is malformed.

use super::addresses::Addresses;

/// Attributes whose value is an address (WHATWG HTML, index of attributes), or several ([`LISTS`]).
const ADDRESSES: [&[u8]; 11] = [
    b"action",
    b"cite",
    b"data",
    b"formaction",
    b"href",
    b"imagesrcset",
    b"ping",
    b"poster",
    b"src",
    b"srcset",
    b"xlink:href",
];

/// Those of several, with whitespace between.
const LISTS: [&[u8]; 3] = [b"srcset", b"imagesrcset", b"ping"];

/// Elements that have text alone, whatever it looks like.
const TEXTS: [&[u8]; 9] =
    [b"script", b"style", b"textarea", b"title", b"xmp", b"iframe", b"noembed", b"noframes", b"plaintext"];

/// Longer names than this mean nothing here.
const NAME_MAX_BYTES: usize = 16;

/// Held of a value beside the length of the app's origin, until it is known how it begins: spaces, escapes, seconds.
const HELD_BYTES: usize = 64;

/// So much of a page is led back. What comes after passes as it is: a Worker has a second of CPU for an answer.
pub const PAGE_MAX_BYTES: usize = 4 * 1024 * 1024;

/// Headers that are about the bytes of an answer: no longer true of a page that may change.
const OF_BYTES: [&str; 6] =
    ["content-length", "accept-ranges", "content-md5", "digest", "content-digest", "repr-digest"];

/// A page on its way, of which the parts come one after the other. Every byte passes as it came, whatever its charset, but for
/// the app's own origin at the beginning of an address.
pub struct Page {
    addresses: Addresses,
    at: At,
    /// Of the tag; `/` before it if the tag ends an element.
    tag: Vec<u8>,
    attribute: Vec<u8>,
    /// The elements of other vocabularies that it is in, the innermost last: a 1 for SVG or MathML, a 0 for HTML within.
    foreign: u64,
    /// The beginning of a value that may have to change.
    held: Vec<u8>,
    /// How much may still come.
    left: usize,
}

/// Where in a page, as its tokenizer has it (WHATWG HTML §13.2.5). A quote of 0 is none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Text,
    /// After `<`.
    Open,
    /// In the name of a tag.
    Tag,
    /// Before the name of an attribute.
    Between,
    Name,
    AfterName,
    /// After `/` in a tag.
    Slash,
    BeforeValue,
    /// In a value, or one of a list, of which it is not known yet how it begins.
    Beginning(u8),
    Value(u8),
    /// In the text of such an element; so many bytes of what ends it have come.
    Only(usize),
    /// After `<!`, and so many `-`.
    Markup(u8),
    /// At the beginning of a comment, after so many `-`.
    Begun(u8),
    /// In a comment, after so many `-`; 3: after `--!`.
    Comment(u8),
    /// In what browsers take for a comment: until `>`.
    Bogus,
    /// Behind what is led back.
    Past,
}

impl Page {
    /// The page that an answer with these headers has, if it is led back: not a file that is to be kept, nor one that whoever made
    /// it wants unchanged (RFC 9110 §7.7), nor one packed as the runtime cannot unpack it.
    pub fn of(sent: &[(String, String)], addresses: Option<&Addresses>) -> Option<Self> {
        let said = |name: &'static str, word: &str| {
            let mut lines = sent.iter().filter(move |(n, _)| n == name).flat_map(|(_, line)| line.split([',', ';']));
            lines.any(|part| part.trim().eq_ignore_ascii_case(word))
        };
        let packed = sent.iter().any(|(name, line)| {
            name == "content-encoding" && !["gzip", "br"].iter().any(|coding| line.eq_ignore_ascii_case(coding))
        });
        let page = said("content-type", "text/html")
            && !said("content-disposition", "attachment")
            && !said("cache-control", "no-transform")
            && !packed;
        let addresses = addresses.filter(|addresses| page && addresses.differ())?.clone();
        Some(Self {
            addresses,
            at: At::Text,
            tag: Vec::new(),
            attribute: Vec::new(),
            foreign: 0,
            held: Vec::new(),
            left: PAGE_MAX_BYTES,
        })
    }

    /// What becomes of its next bytes.
    pub fn part(&mut self, mut bytes: &[u8]) -> Vec<u8> {
        let mut told = Vec::with_capacity(bytes.len() + HELD_BYTES);
        self.left = self.left.saturating_sub(bytes.len());
        if self.left == 0 {
            self.release(false, &mut told);
            self.at = At::Past;
        }
        loop {
            let (run, rest) = bytes.split_at(self.run(bytes));
            match self.at {
                At::Tag => keep(&mut self.tag, run),
                At::Name => keep(&mut self.attribute, run),
                _ => {}
            }
            if let At::Beginning(_) = self.at {
                self.held.extend_from_slice(run);
            } else {
                told.extend_from_slice(run);
            }
            let Some((byte, rest)) = rest.split_first() else { return told };
            self.byte(*byte, &mut told);
            bytes = rest;
        }
    }

    /// What is left at its end.
    pub fn end(&mut self) -> Vec<u8> {
        let mut told = Vec::new();
        self.release(true, &mut told);
        told
    }

    /// How many bytes there are before one at which something may happen: of these every step would be the same.
    fn run(&self, bytes: &[u8]) -> usize {
        let until = |stops: &dyn Fn(u8) -> bool| bytes.iter().position(|byte| stops(*byte)).unwrap_or(bytes.len());
        match self.at {
            At::Text | At::Only(0) => until(&|byte| byte == b'<'),
            At::Tag | At::Name => until(&|byte| byte <= b' ' || matches!(byte, b'/' | b'=' | b'>')),
            At::Value(quote) if quote != 0 && !self.lists() => until(&|byte| byte == quote),
            At::Beginning(quote) if quote != 0 => {
                until(&|byte| byte == quote || byte <= b' ').min(self.longest().saturating_sub(self.held.len()))
            }
            At::Bogus => until(&|byte| byte == b'>'),
            At::Past => bytes.len(),
            _ => 0,
        }
    }

    /// The most bytes that are held.
    fn longest(&self) -> usize {
        self.addresses.longest() + HELD_BYTES
    }

    fn byte(&mut self, byte: u8, told: &mut Vec<u8>) {
        let space = byte.is_ascii_whitespace();
        if self.at == At::BeforeValue && !space && !b"\"'>".contains(&byte) {
            self.at = self.value(0);
        }
        if let At::Beginning(quote) | At::Value(quote) = self.at {
            return self.in_value(quote, byte, told);
        }
        told.push(byte);
        self.at = match (self.at, byte) {
            (At::Text, _) | (At::Open, b'<') => {
                self.tag.clear();
                At::Open
            }
            (At::Open, b'!') if self.tag.is_empty() => At::Markup(0),
            (At::Open, b'/') if self.tag.is_empty() => {
                self.tag.push(b'/');
                At::Open
            }
            (At::Open, b'a'..=b'z' | b'A'..=b'Z') => self.tag_name(byte),
            (At::Open, b'>') => At::Text,
            (At::Open, _) if byte == b'?' || !self.tag.is_empty() => At::Bogus,
            (At::Open, _) => At::Text,
            (At::Slash, b'>') => self.after_tag(true),
            (At::Tag | At::Between | At::Name | At::AfterName | At::BeforeValue, b'>') => self.after_tag(false),
            (At::Tag | At::Between | At::Name | At::AfterName | At::Slash, b'/') => At::Slash,
            (At::Tag | At::Between | At::Slash, _) if space => At::Between,
            (At::Tag, _) => self.tag_name(byte),
            (At::Name | At::AfterName, b'=') => At::BeforeValue,
            (At::Name | At::AfterName, _) if space => At::AfterName,
            (At::Name, _) => self.attribute_name(byte),
            (At::Between | At::AfterName | At::Slash, _) => {
                self.attribute.clear();
                self.attribute_name(byte)
            }
            (At::BeforeValue, b'"' | b'\'') => self.value(byte),
            (At::BeforeValue, _) => At::BeforeValue,
            (At::Only(matched), _) => self.only(matched, byte),
            (At::Markup(0), b'-') => At::Markup(1),
            (At::Markup(1), b'-') => At::Begun(0),
            (At::Begun(_) | At::Comment(2..) | At::Markup(_) | At::Bogus, b'>') => At::Text,
            (At::Begun(0), b'-') => At::Begun(1),
            (At::Begun(_) | At::Comment(1 | 2), b'-') => At::Comment(2),
            (At::Comment(2), b'!') => At::Comment(3),
            (At::Comment(_), b'-') => At::Comment(1),
            (At::Begun(_) | At::Comment(_), _) => At::Comment(0),
            (At::Markup(_) | At::Bogus, _) => At::Bogus,
            (At::Past, _) => At::Past,
            (in_value @ (At::Beginning(_) | At::Value(_)), _) => in_value,
        };
    }

    fn tag_name(&mut self, byte: u8) -> At {
        keep(&mut self.tag, &[byte]);
        At::Tag
    }

    fn attribute_name(&mut self, byte: u8) -> At {
        keep(&mut self.attribute, &[byte]);
        At::Name
    }

    /// Behind a tag, which ends in `/>` if its element is `closed`: HTML makes nothing of that, SVG and MathML do.
    fn after_tag(&mut self, closed: bool) -> At {
        let foreign = self.foreign & 1 == 1;
        match self.tag.as_slice() {
            b"svg" | b"math" if !closed => self.foreign = self.foreign << 1 | 1,
            b"foreignobject" if foreign && !closed => self.foreign <<= 1,
            b"/svg" | b"/math" if foreign => self.foreign >>= 1,
            b"/foreignobject" if !foreign => self.foreign >>= 1,
            name if TEXTS.contains(&name) && !(foreign && closed) => return At::Only(0),
            _ => {}
        }
        At::Text
    }

    /// In the text of an element that `</`, its name and the end of that end.
    fn only(&mut self, matched: usize, byte: u8) -> At {
        let expected = match matched {
            0 => Some(b'<'),
            1 => Some(b'/'),
            more => self.tag.get(more - 2).copied(),
        };
        match expected {
            Some(expected) if byte.to_ascii_lowercase() == expected => At::Only(matched + 1),
            None if byte == b'>' => At::Text,
            None if byte == b'/' || byte.is_ascii_whitespace() => {
                self.tag.insert(0, b'/');
                At::Between
            }
            _ => At::Only(usize::from(byte == b'<')),
        }
    }

    fn lists(&self) -> bool {
        LISTS.contains(&self.attribute.as_slice())
    }

    /// Where the value of this attribute begins.
    fn value(&self, quote: u8) -> At {
        let refresh = self.tag == b"meta" && self.attribute == b"content";
        let address = refresh || ADDRESSES.contains(&self.attribute.as_slice());
        if address { At::Beginning(quote) } else { At::Value(quote) }
    }

    fn in_value(&mut self, quote: u8, byte: u8, told: &mut Vec<u8>) {
        let space = byte.is_ascii_whitespace();
        let ends = if quote == 0 { space || byte == b'>' } else { byte == quote };
        if ends || space && self.lists() {
            self.release(true, told);
            told.push(byte);
            self.at = match ends {
                false => At::Beginning(quote),
                true if byte == b'>' => self.after_tag(false),
                true => At::Between,
            };
        } else if self.at == At::Value(quote) {
            told.push(byte);
        } else {
            self.held.push(byte);
            if self.held.len() >= self.longest() {
                self.release(false, told);
                self.at = At::Value(quote);
            }
        }
    }

    /// Lets go of what is held: the beginning of a value, or the `whole` of it.
    fn release(&mut self, whole: bool, told: &mut Vec<u8>) {
        let ascii = self.held.iter().position(|byte| !byte.is_ascii()).unwrap_or(self.held.len());
        let (start, rest) = self.held.split_at(ascii);
        let start = str::from_utf8(start).unwrap_or_default();
        let led = self.addresses.in_page(self.attribute == b"content", start, whole && rest.is_empty());
        told.extend_from_slice(led.as_deref().unwrap_or(start).as_bytes());
        told.extend_from_slice(rest);
        self.held.clear();
    }
}

/// What becomes of the headers that are about the bytes of a page which may change. A part of the app's page is none of the one
/// that browsers have, but as long as the app's stays, so does theirs: what tells one from another is weak (RFC 9110 §8.8.1).
pub fn about_bytes(sent: &[(String, String)]) -> Vec<(&'static str, Option<String>)> {
    let line = |name: &str| sent.iter().find(|(n, _)| n == name).map(|(_, line)| line.as_str());
    let gone = OF_BYTES.into_iter().filter(|name| line(name).is_some()).map(|name| (name, None));
    let tag = line("etag").filter(|tag| !tag.starts_with("W/"));
    gone.chain(tag.map(|tag| ("etag", Some(format!("W/{tag}"))))).collect()
}

fn keep(name: &mut Vec<u8>, run: &[u8]) {
    let room = NAME_MAX_BYTES.saturating_sub(name.len());
    name.extend(run.iter().take(room).map(u8::to_ascii_lowercase));
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn page() -> Page {
        let addresses = Addresses::new("https://app.test", "http://10.0.0.7:9213");
        Page::of(&[("content-type".to_owned(), "Text/HTML;charset=utf-8".to_owned())], Some(&addresses)).unwrap()
    }

    /// All that comes of it, whole and in parts of some length.
    fn led(html: &[u8]) -> Vec<u8> {
        let of = |length: usize| {
            let mut page = page();
            let mut told: Vec<u8> = html.chunks(length).flat_map(|part| page.part(part)).collect();
            told.extend(page.end());
            told
        };
        let whole = of(html.len().max(1));
        for length in [1, 7, 100] {
            assert_eq!(of(length), whole, "in parts of {length}: {}", html.escape_ascii());
        }
        whole
    }

    #[test]
    fn an_address_in_a_page_that_begins_with_the_apps_own_leads_to_the_public_one() {
        for (html, becomes) in [
            ("<a href=\"{own}/x?u={own}/\">", "<a href=\"{public}/x?u={own}/\">"),
            ("<A\nHREF = '{own}'>", "<A\nHREF = '{public}'>"),
            ("<a class=b href={own}/x>", "<a class=b href={public}/x>"),
            ("<a href={own}>{own}</a>", "<a href={public}>{own}</a>"),
            ("<a b href=\" {own}?x\" c>", "<a b href=\"{public}?x\" c>"),
            ("<a href=\"HTTP://10.0.0.7:9213#x\">", "<a href=\"{public}#x\">"),
            ("<a href=//10.0.0.7:9213/>", "<a href={public}/>"),
            ("<a href=\"http:&#x2F;&#x2F;10.0.0.7:9213&#x2F;x\">", "<a href=\"{public}&#x2F;x\">"),
            (
                "<form action='{own}/'><button formaction={own}/b>",
                "<form action='{public}/'><button formaction={public}/b>",
            ),
            (
                "<base href=\"{own}/\"><script src='{own}/a.js'></script>",
                "<base href=\"{public}/\"><script src='{public}/a.js'></script>",
            ),
            (
                "<img srcset=\"{own}/1 1x,\n {own}/2 2x, /3 3x\">",
                "<img srcset=\"{public}/1 1x,\n {public}/2 2x, /3 3x\">",
            ),
            ("<svg><use xlink:href='{own}/a.svg#b'/></svg>", "<svg><use xlink:href='{public}/a.svg#b'/></svg>"),
            (
                "<meta http-equiv=refresh content=\"0; URL={own}/x\">",
                "<meta http-equiv=refresh content=\"0; URL={public}/x\">",
            ),
            ("<!doctype html><!-- a > b --><a href='{own}/'>", "<!doctype html><!-- a > b --><a href='{public}/'>"),
            ("<!--><a href='{own}/'>", "<!--><a href='{public}/'>"),
            ("<!---><a href='{own}/'>", "<!---><a href='{public}/'>"),
            ("<!-- a --!><a href='{own}/'>", "<!-- a --!><a href='{public}/'>"),
            ("<!-----!><a href='{own}/'>", "<!-----!><a href='{public}/'>"),
            ("<!-- <!-- nested --> --><a href='{own}/'>", "<!-- <!-- nested --> --><a href='{public}/'>"),
            ("<!-- --!- --!--><a href='{own}/'>", "<!-- --!- --!--><a href='{public}/'>"),
            ("<svg><title/><a href='{own}/'>", "<svg><title/><a href='{public}/'>"),
            ("<SVG a><style b='c'/><a href='{own}/'>", "<SVG a><style b='c'/><a href='{public}/'>"),
            ("<math><svg></svg><script //><a href={own}/>", "<math><svg></svg><script //><a href={public}/>"),
            (
                "<svg><foreignObject><title></title></foreignObject><script xlink:href='{own}/'/><a href='{own}/'>",
                "<svg><foreignObject><title></title></foreignObject><script xlink:href='{public}/'/><a href='{public}/'>",
            ),
            (
                "<script>'<a href=\"{own}/\"></scripts>'</script ><a href='{own}/'>",
                "<script>'<a href=\"{own}/\"></scripts>'</script ><a href='{public}/'>",
            ),
            ("1 < 2 <3 </> </3 a='> <<a href='{own}/'>", "1 < 2 <3 </> </3 a='> <<a href='{public}/'>"),
            ("<a href='{own}/x", "<a href='{public}/x"),
            ("<a/href='{own}'>", "<a/href='{public}'>"),
            ("<a =href='{own}/' href>", "<a =href='{own}/' href>"),
        ] {
            let of = |html: &str| html.replace("{own}", "http://10.0.0.7:9213").replace("{public}", "https://app.test");
            assert_eq!(String::from_utf8(led(of(html).as_bytes())).unwrap(), of(becomes));
        }
    }

    #[test]
    fn everything_else_in_a_page_stays_byte_for_byte() {
        let own = "http://10.0.0.7:9213";
        for html in [
            format!(
                "<a href='{own}3/x'><a href='{own}.evil.test/'><a href='{own}@evil.test/'><a href=\"{own}\u{e9}/\">"
            ),
            format!("<a href='/go?to={own}/'><a href='https://x.test/{own}/'><a href='javascript:{own}/'>"),
            format!(
                "<a title='{own}/' data-x={own}/ value=\"{own}/\" hrefs='{own}/' content='0;url={own}/'>{own}/</a>"
            ),
            format!("<meta name=a content='{own}/'><meta content='5'><textarea>\n<a href='{own}/'></textarea>"),
            format!("<title><a href='{own}/'></title><!-- <a href='{own}/'> --><style><a href='{own}/'></STYLE>"),
            format!("<!-- <a href='{own}/'>--><? <a href='{own}/'"),
            format!("<!--!><a href='{own}/'>-!><a href='{own}/'>-- ><a href='{own}/'>--!-><a href='{own}/'>"),
            format!("<!---!><a href='{own}/'>"),
            format!("<title/><a href='{own}/'></title><svg/><style/><a href='{own}/'></style>"),
            format!("<svg><title>/><a href='{own}/'></title><script a=b/><a href='{own}/'></script>"),
            format!("<svg><title / ><a href='{own}/'></title></svg><script/><a href='{own}/'>"),
            format!("<svg><foreignObject></svg><iframe/><a href='{own}/'>"),
            format!("<a href='{}{own}x/'>", " ".repeat(HELD_BYTES)),
        ] {
            assert_eq!(String::from_utf8(led(html.as_bytes())).unwrap(), html);
        }
        for html in
            [&b"<a href='http://10.0.0.7:9213\xe9/'>\xff\xfe<a href='\xe9"[..], b"<p>\x83\x5c \0 <", b"", b"<a href="]
        {
            assert_eq!(led(html), html);
        }
    }

    #[test]
    fn of_a_page_no_more_is_held_than_the_beginning_of_an_address() {
        let mut page = page();
        let mut told = page.part(b"<img src='");
        for _ in 0..1000 {
            told.extend(page.part(&[b'x'; 1000]));
            assert!(page.held.len() < 200);
        }
        told.extend(page.part(b"'><a href='http://10.0.0.7:9213/"));
        assert_eq!(told.len(), 1_000_000 + "<img src=''><a href='".len());
        told.extend(page.end());
        assert!(told.ends_with(b"<a href='https://app.test/"));
    }

    #[test]
    fn what_is_said_of_the_bytes_of_a_page_is_no_longer_said() {
        let of = |headers: &[(&str, &str)]| {
            let sent = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            about_bytes(&sent.collect::<Vec<_>>())
        };
        let gone = of(&[("content-length", "9"), ("accept-ranges", "bytes"), ("x-own", "1"), ("etag", "\"1\"")]);
        assert_eq!(gone, [("content-length", None), ("accept-ranges", None), ("etag", Some("W/\"1\"".to_owned()))]);
        assert_eq!(of(&[("etag", "W/\"1\""), ("last-modified", "x")]), []);
    }

    #[test]
    fn behind_the_first_megabytes_a_page_passes_as_it_is() {
        let mut page = page();
        let part = b"<a href='http://10.0.0.7:9213/'>";
        assert_ne!(page.part(part), part);
        page.part(&vec![b'x'; PAGE_MAX_BYTES - 4 * part.len()]);
        assert_ne!(page.part(part), part);
        assert_eq!(page.part(b"<a href='http://10.0.0.7:"), b"<a href='");
        assert_eq!(page.part(&part.repeat(2)), [b"http://10.0.0.7:".as_slice(), &part.repeat(2)].concat());
        assert_eq!(page.part(part), part);
        assert_eq!(page.end(), b"");
    }

    #[test]
    fn only_pages_that_browsers_show_and_may_change_are_led_back() {
        let addresses = Addresses::new("https://app.test", "http://10.0.0.7:9213");
        let is = |headers: &[(&str, &str)]| {
            let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Page::of(&headers.collect::<Vec<_>>(), Some(&addresses)).is_some()
        };
        let page = ("content-type", "text/html");
        assert!(is(&[page]) && is(&[page, ("content-encoding", "br"), ("content-disposition", "inline; filename=a")]));
        for other in [
            &[][..],
            &[("content-type", "application/json")],
            &[("content-type", "text/html-x")],
            &[page, ("content-encoding", "zstd")],
            &[page, ("content-disposition", "Attachment; filename=a.html")],
            &[page, ("cache-control", "private, no-transform")],
        ] {
            assert!(!is(other), "{other:?}");
        }
        let bound = Addresses::new("https://app.test", "https://app.test");
        let html = [("content-type".to_owned(), "text/html".to_owned())];
        assert!(Page::of(&html, Some(&bound)).is_none() && Page::of(&html, None).is_none());
    }
}
