//! How servers read a path: in many ways, which is why a list of paths looks at all of them.

use std::collections::BTreeSet;

use super::PATH_MAX_BYTES;

/// How many readings of one path are followed, and how many bytes of them: milliseconds at most. Ordinary paths have one or
/// two, odd ones a few dozen; of whatever has more nothing is sure.
const READINGS_MAX: usize = 200;
const READINGS_MAX_BYTES: usize = 64 * 1024;

/// Every reading of the path that servers are known for: one after the other, in any order and again and again, they decode
/// it, take `\\` for `/`, fold letters, stop early, drop parameters, doubled slashes and scripts in front, resolve `..`, and
/// look for a name in every folder. `None`: too many to tell.
pub fn readings(path: &str) -> Option<BTreeSet<String>> {
    let steps: [fn(&str) -> String; 17] = [
        decoded,
        slashed,
        folded,
        cut,
        without_parameters,
        without_streams,
        without_methods,
        without_groups,
        collapsed,
        without_authority,
        resolved,
        without_script,
        without_script_alone,
        page_of_data,
        by_name,
        view,
        view_alone,
    ];
    let (mut found, mut fresh, mut bytes) = (BTreeSet::new(), vec![path.to_owned()], 0);
    if path.len() > PATH_MAX_BYTES {
        return None;
    }
    while let Some(reading) = fresh.pop() {
        if found.contains(&reading) {
            continue;
        }
        bytes += reading.len();
        if found.len() == READINGS_MAX || bytes > READINGS_MAX_BYTES {
            return None;
        }
        fresh.extend(steps.iter().map(|step| step(&reading)).filter(|read| *read != reading));
        found.insert(reading);
    }
    Some(found)
}

/// Percent-decoded once, as the most lenient do: with `%u0073` of IIS, with UTF-8 that is longer than it need be, and with
/// what is no UTF-8 taken for Latin-1.
pub fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let hex = |digits: std::ops::Range<usize>| u32::from_str_radix(after.get(digits)?, 16).ok();
        let wide = after.starts_with(['u', 'U']).then(|| hex(1..5).and_then(char::from_u32)).flatten();
        let used = match (wide, hex(0..2).and_then(|byte| u8::try_from(byte).ok())) {
            (Some(wide), _) => {
                bytes.extend_from_slice(wide.encode_utf8(&mut [0; 4]).as_bytes());
                5
            }
            (None, Some(byte)) => {
                bytes.push(byte);
                2
            }
            (None, None) => {
                bytes.push(b'%');
                0
            }
        };
        rest = after.get(used..).unwrap_or_default();
    }
    bytes.extend_from_slice(rest.as_bytes());
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes.as_slice();
    while let [first, after @ ..] = rest {
        let (more, bits) = match first {
            0xC0..=0xDF => (1, first & 0x1F),
            0xE0..=0xEF => (2, first & 0x0F),
            0xF0..=0xF7 => (3, first & 0x07),
            _ => (0, *first),
        };
        let tail = after.get(..more).filter(|tail| tail.iter().all(|byte| byte & 0xC0 == 0x80));
        let code = tail.map(|tail| tail.iter().fold(u32::from(bits), |code, byte| code << 6 | u32::from(byte & 0x3F)));
        let (c, used) = code.and_then(char::from_u32).map_or((char::from(*first), 0), |c| (c, more));
        out.push(c);
        rest = after.get(used..).unwrap_or_default();
    }
    out
}

fn slashed(path: &str) -> String {
    path.replace('\\', "/")
}

/// In lower case, with letters and signs that stand for ASCII as ASCII (of NFKC, and of Windows' best fit, what can be in a
/// listed path), without what is invisible; and each segment without spaces around it and dots behind, as Windows has it.
pub fn folded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for c in path.chars() {
        let from = |first: u32, ascii: u8, length: u32| {
            let at = u32::from(c).checked_sub(first).filter(|at| *at < length)?;
            Some(char::from(ascii + u8::try_from(at % 26).ok()?))
        };
        match c {
            'ſ' => text.push('s'),
            '․' => text.push('.'),
            '‥' => text.push_str(".."),
            '…' => text.push_str("..."),
            '∕' | '⁄' => text.push('/'),
            '∖' => text.push('\\'),
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {}
            // In forms of old, a space.
            '+' => text.push(' '),
            // Browsers' own parser drops tabs and line breaks wherever they are.
            c if c.is_control() => {}
            c if c.is_whitespace() => text.push(' '),
            // Full width; circled; the thirteen alphabets and five rows of digits for mathematics.
            '！'..='～' => {
                text.extend(char::from_u32(u32::from(c) - 0xFEE0).into_iter().flat_map(char::to_lowercase))
            }
            c => {
                let letter = from(0x24B6, b'a', 52).or_else(|| from(0x1D400, b'a', 676));
                let digit = u32::from(c)
                    .checked_sub(0x1D7CE)
                    .filter(|at| *at < 50)
                    .and_then(|at| char::from_digit(at % 10, 10));
                match letter.or(digit) {
                    Some(ascii) => text.push(ascii),
                    None => text.extend(c.to_lowercase()),
                }
            }
        }
    }
    let segments = text.split('/').map(str::trim);
    let bare = |segment| match segment {
        "." | ".." => segment,
        segment => segment.trim_end_matches(['.', ' ']),
    };
    segments.map(bare).collect::<Vec<_>>().join("/")
}

/// Up to where a server takes the query, the fragment or the end of a C string to begin.
fn cut(path: &str) -> String {
    path.split(['?', '#', '\0']).next().unwrap_or_default().to_owned()
}

/// Without `;x` in segments, as Java has them.
fn without_parameters(path: &str) -> String {
    each_up_to(path, ';')
}

/// Without `::$DATA`, as NTFS has it.
fn without_streams(path: &str) -> String {
    each_up_to(path, ':')
}

/// Without `!method` of Struts.
fn without_methods(path: &str) -> String {
    each_up_to(path, '!')
}

/// Each segment up to this character. One at a time: a listed path may have some of them.
fn each_up_to(path: &str, end: char) -> String {
    let segments = path.split('/').map(|segment| segment.split(end).next().unwrap_or_default());
    segments.collect::<Vec<_>>().join("/")
}

/// Without the first `(S(x))`, in which ASP.NET keeps a session, wherever it is.
fn without_groups(path: &str) -> String {
    let group = || {
        let named = |at: &usize| {
            let inside = path.get(at + 1..).unwrap_or_default();
            inside.starts_with(|c: char| c.is_ascii_alphabetic()) && inside.get(1..2) == Some("(")
        };
        let (before, inside) = path.split_at_checked(path.match_indices('(').map(|(at, _)| at).find(named)?)?;
        let (_, after) = inside.split_once("))")?;
        Some(format!("{before}{after}"))
    };
    group().unwrap_or_else(|| path.to_owned())
}

/// The page whose data this is, at the addresses where Next.js (`/_next/data/BUILD/settings.json`) and Gatsby
/// (`/page-data/settings/page-data.json`) have it. Others' are below the page: `paths` sees to those.
fn page_of_data(path: &str) -> String {
    let of_next = || {
        let (base, rest) = path.split_once("/_next/data/")?;
        let (_, page) = rest.split_once('/')?;
        Some((base, page.strip_suffix(".json").unwrap_or(page)))
    };
    let of_gatsby = || {
        let (base, page) = path.split_once("/page-data/")?;
        Some((base, page.strip_suffix("/page-data.json").unwrap_or(page)))
    };
    match of_next().or_else(of_gatsby) {
        Some((base, "index")) => format!("{base}/"),
        Some((base, page)) => format!("{base}/{page}"),
        None => path.to_owned(),
    }
}

/// Readings that make a page need a step-up, and would close too much of what is public: without the language that Next.js
/// has before a page's data where an app has several, with what PHP is given right after its script's name, and each of what a
/// segment lists with commas, as tRPC takes several calls at once.
pub fn loose_readings(path: &str) -> impl Iterator<Item = String> {
    let of_data = || {
        let (base, rest) = path.split_once("/_next/data/")?;
        let (_, page) = rest.split_once('/')?;
        let page = page.split_once('/').map_or("index", |(_, page)| page);
        Some(page_of_data(&format!("{base}/_next/data/-/{page}")))
    };
    let glued = path.split_once(".php").filter(|(_, given)| given.starts_with(|c: char| c != '/'));
    let after_script = glued.into_iter().flat_map(|(script, given)| {
        let folder = script.rsplit_once('/').map_or("", |(folder, _)| folder);
        [format!("/{given}"), format!("{folder}/{given}")]
    });
    let listed = path.split_once(',').and_then(|(before, _)| {
        let at = before.rfind('/')? + 1;
        let (folder, rest) = path.split_at_checked(at)?;
        let (list, after) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len()))?;
        Some((folder, list, after))
    });
    let each = listed
        .into_iter()
        .flat_map(|(folder, list, after)| list.split(',').map(move |one| format!("{folder}{one}{after}")));
    of_data().into_iter().chain(after_script).chain(each)
}

/// What runs by its name, whatever folder below its own it is asked for in: an action of Struts, which falls back to shorter
/// namespaces and the default one, and a handler of IIS. One folder less.
fn by_name(path: &str) -> String {
    const ENDINGS: [&str; 5] = ["action", "ashx", "asmx", "axd", "do"];
    let fewer = || {
        let (folder, name) = path.rsplit_once('/')?;
        let (_, ending) = name.rsplit_once('.')?;
        let (above, _) = folder.rsplit_once('/')?;
        ENDINGS.contains(&ending).then(|| format!("{above}/{name}"))
    };
    fewer().unwrap_or_else(|| path.to_owned())
}

/// What follows the host, where a path that begins with two slashes is taken for a host and its path (RFC 3986 section 4.2).
fn without_authority(path: &str) -> String {
    let rest = path.strip_prefix("//").map(|rest| rest.trim_start_matches('/'));
    rest.and_then(|rest| rest.find('/').and_then(|at| rest.get(at..))).unwrap_or(path).to_owned()
}

/// The same view of Jakarta Faces under the next of the endings that it maps by itself.
fn view(path: &str) -> String {
    let same = [(".xhtml", ".jsf"), (".jsf", ".faces"), (".faces", ".xhtml")];
    let other = same.iter().find_map(|(ending, next)| Some(format!("{}{next}", path.strip_suffix(ending)?)));
    other.unwrap_or_else(|| path.to_owned())
}

/// The same view without the folder that it maps by itself, below that of the app.
fn view_alone(path: &str) -> String {
    let is_view = |view: &str| [".xhtml", ".jsp", ".jspx"].iter().any(|ending| view.ends_with(ending));
    let mapped = path.split_once("/faces/").filter(|(_, view)| is_view(view));
    mapped.map_or_else(|| path.to_owned(), |(app, view)| format!("{app}/{view}"))
}

fn collapsed(path: &str) -> String {
    let mut path = path.to_owned();
    while path.contains("//") {
        path = path.replace("//", "/");
    }
    path
}

fn resolved(path: &str) -> String {
    let mut kept = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            ".." => drop(kept.pop()),
            "." => {}
            segment => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

/// What a script in front of it is given: of `/shop/index.php/settings` the `/settings`.
fn without_script(path: &str) -> String {
    script(path).map_or(path, |(_, given)| given).to_owned()
}

/// The same where the script's folder is a part of its name: `/shop/settings`.
fn without_script_alone(path: &str) -> String {
    script(path).map_or_else(|| path.to_owned(), |(folder, given)| format!("{folder}{given}"))
}

/// What is before and after the first script in a path.
fn script(path: &str) -> Option<(&str, &str)> {
    path.match_indices('/').find_map(|(at, _)| {
        let (before, given) = path.split_at_checked(at)?;
        let (folder, name) = before.rsplit_once('/')?;
        is_script(name).then_some((folder, given))
    })
}

/// Whether a server runs a file of this name.
pub fn is_script(name: &str) -> bool {
    const ENDINGS: [&str; 26] = [
        "action", "ashx", "asmx", "asp", "aspx", "axd", "cfc", "cfm", "cgi", "dll", "do", "exe", "fcgi", "jsf", "jsp",
        "jspx", "lua", "nsf", "phar", "phtml", "pl", "py", "rb", "svc", "wsgi", "xhtml",
    ];
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| ending.starts_with("php") || ENDINGS.contains(&ending))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::{super::Paths, *};

    /// However long it is: it is looked at a few hundred times at most, and only if it is no longer than paths are.
    #[test]
    fn a_path_of_any_length_takes_little_work() {
        let paths = Paths::parse("/files/* /pay").unwrap();
        for unit in [
            "a-z_0",
            "(",
            "(a(",
            "(a))",
            "(a(x)",
            "%28a%28",
            "(a(;(a(/..",
            "//",
            "%25",
            "%2525",
            "/..",
            "\u{2026}",
            "\u{130}",
        ] {
            let fill = |bytes: usize| format!("/files/{}", unit.repeat(bytes.saturating_sub(7) / unit.len()));
            for path in [fill(PATH_MAX_BYTES), fill(1_000), fill(100)] {
                let bytes: usize = readings(&path).iter().flatten().map(String::len).sum();
                assert!(bytes <= READINGS_MAX_BYTES, "{unit}: {bytes}");
            }
            for bytes in [PATH_MAX_BYTES + 100, 100_000] {
                let path = fill(bytes);
                assert!(readings(&path).is_none() && paths.may_be(&path) && !paths.surely_are("GET", &path), "{unit}");
            }
        }
        let long = format!("/files/{}", "a-z_0".repeat(400));
        assert!(
            paths.surely_are("GET", &long) && !Paths::parse("/pay").unwrap().may_be(&long),
            "there is one way to read it"
        );
        // More ways than anyone would follow.
        let deep = format!("/x/{}", "(a(b))".repeat(300));
        assert!(readings(&deep).is_none() && paths.may_be(&deep));
        // Of groups the first is looked for that has a name, and its end.
        for path in ["/((((((", "/(a(b)c", "/(a(b(a(", "/(1(x))", "/(a)(b)", "/(é(x))"] {
            assert_eq!(without_groups(path), path);
        }
        for (path, becomes) in
            [("/(a(x))/pay", "//pay"), ("/(((a(x))pay", "/((pay"), ("/p(A(1)F(2))ay/(b(c))", "/pay/(b(c))")]
        {
            assert_eq!(without_groups(path), becomes);
        }
    }
}
